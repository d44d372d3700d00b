// Conversions: round trips to the bit, what lies beside the weights, what is refused and what then stays as it was.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipCheckpoint } from '../../src/checkpoint/clip-checkpoint.ts';
import { withModelFiles } from '../../src/checkpoint/model-files.node.ts';
import { OPENAI_MODELS } from '../../src/checkpoint/openai-models.ts';
import type { SchemeName } from '../../src/checkpoint/schemes/scheme.ts';
import { type Checkpoint, countOf, StoredTensor } from '../../src/checkpoint/stored-tensor.ts';
import { CLIP } from '../../src/model/clip.ts';
import { type ConvertOptions, convert } from '../../src/tasks/convert.node.ts';
import { convertCheckpoint } from '../../src/tasks/convert.ts';
import { fixture } from '../support.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clip-convert-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const VIT = fixture('checkpoints', 'tiny-vit.pt');
const RESNET = fixture('checkpoints', 'tiny-rn.pt');
const at = (name: string) => join(folder, name);
const quiet = (to: SchemeName, options: Partial<ConvertOptions> = {}): ConvertOptions => ({ to, ...options });

async function allBytes({ tensors }: Checkpoint): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { name, dtype, shape, readBytes } of tensors.values()) {
    all.set(name, `${dtype} [${shape}] ${Buffer.from(await readBytes()).toString('base64')}`);
  }
  return all;
}
const bytesIn = (path: string) => withModelFiles(path, ({ checkpoint }) => allBytes(checkpoint));

describe('round trips are equal to the bit', () => {
  it.each(['mixed', 'f32', 'f16'] as const)('openai → hf → open_clip → openai, %s', async (kind) => {
    const dtype = kind === 'mixed' ? undefined : kind;
    const [start, hf, openClip, end] = ['start.safetensors', 'hf', 'open_clip', 'end.safetensors'].map(
      (name) => at(`${kind}-${name}`),
    ) as [string, string, string, string];
    await convert(VIT, start, quiet('openai', { dtype }));
    await convert(start, hf, quiet('hf'));
    await convert(hf, openClip, quiet('open_clip'));
    const { path, files } = await convert(openClip, end, quiet('openai'));
    expect([path, files]).toEqual([end, [end]]);
    expect(readFileSync(end).equals(readFileSync(start))).toBe(true);
    if (dtype) return;
    // The archive's own bits, and nothing but its weights.
    const original = await bytesIn(VIT);
    const converted = await bytesIn(end);
    expect(converted.size).toBe(original.size - 3);
    for (const [name, bytes] of converted) expect(bytes, name).toBe(original.get(name));
  });

  it('openai → open_clip → openai for a ResNet', async () => {
    await convert(RESNET, at('rn.safetensors'), quiet('openai'));
    await convert(at('rn.safetensors'), at('rn'), quiet('open_clip'));
    await convert(at('rn'), at('rn-end.safetensors'), quiet('openai'));
    expect(readFileSync(at('rn-end.safetensors')).equals(readFileSync(at('rn.safetensors')))).toBe(true);
  });

  it("hf → openai → hf: transformers' own weights", async () => {
    const original = await bytesIn(fixture('schemes', 'hf'));
    await convert(fixture('schemes', 'hf'), at('gelu.safetensors'), quiet('openai'));
    await convert(at('gelu.safetensors'), at('gelu'), quiet('hf'));
    expect(await bytesIn(at('gelu'))).toEqual(new Map([...original].sort()));
    const config = JSON.parse(readFileSync(at('gelu/config.json'), 'utf8'));
    const theirs = JSON.parse(readFileSync(fixture('schemes', 'hf', 'config.json'), 'utf8'));
    for (const tower of ['text_config', 'vision_config']) {
      const { projection_dim: _, ...sizes } = config[tower];
      expect({ ...theirs[tower], ...sizes }).toEqual(theirs[tower]);
    }
    const preprocessor = JSON.parse(readFileSync(at('gelu/preprocessor_config.json'), 'utf8'));
    expect(preprocessor).toMatchObject({ image_mean: [0.5, 0.5, 0.5], crop_size: { height: 24, width: 24 } });
  });

  it("open_clip's trainer → open_clip: names without module., no optimiser, its configuration", async () => {
    const source = fixture('schemes', 'open_clip', 'epoch_1.pt');
    await convert(source, at('trained'), quiet('open_clip'));
    expect(await bytesIn(at('trained'))).toEqual(new Map([...(await bytesIn(source))].sort()));
    const [config, theirs] = [at('trained'), fixture('schemes', 'open_clip')].map((path) =>
      JSON.parse(readFileSync(join(path, 'open_clip_config.json'), 'utf8')),
    );
    expect(config.preprocess_cfg).toEqual(theirs.preprocess_cfg);
    const { mlp_ratio, ...vision } = theirs.model_cfg.vision_cfg;
    expect(config.model_cfg.vision_cfg).toMatchObject(vision);
    expect(Math.floor(32 * config.model_cfg.vision_cfg.mlp_ratio)).toBe(Math.floor(32 * mlp_ratio));
    expect(config.model_cfg.quick_gelu).toBe(false);
  });
});

it.each(OPENAI_MODELS)("$name is planned at true size under every library's names", ({ name, config }) => {
  const parameters = [...new CLIP(config).namedParameters()];
  const never = () => Promise.reject(new Error('nothing is read here'));
  const stored = parameters.map(([key, { shape }]) => new StoredTensor(key, 'F16', shape, never));
  const tensors = new Map(stored.map((tensor) => [tensor.name, tensor]));
  const metadata = new Map([['config', JSON.stringify(config)]]);
  const clip = clipCheckpoint({ format: 'safetensors', tensors, metadata }, name);
  const numbers = (list: readonly StoredTensor[]) => list.reduce((sum, { shape }) => sum + countOf(shape), 0);
  for (const to of ['openai', 'open_clip', 'hf'] as const) {
    if (to === 'hf' && config.vision_patch_size === null) {
      expect(() => convertCheckpoint(clip, to)).toThrow(/^Hugging Face's CLIP has no ResNet: /);
      continue;
    }
    const { tensors: converted, texts, metadata } = convertCheckpoint(clip, to);
    expect(numbers(converted)).toBe(numbers(stored));
    const back = {
      format: 'safetensors' as const,
      tensors: new Map(converted.map((t) => [t.name, t])),
      metadata,
    };
    if (to === 'open_clip') expect([...texts.keys()]).toEqual(['open_clip_config.json']);
    const again = clipCheckpoint(
      { ...back, metadata: new Map() },
      name,
      to === 'openai' ? undefined : texts,
      {
        activation: 'quick_gelu',
      },
    );
    expect(again.config).toEqual(config);
    expect([...again.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    expect(clipCheckpoint(back, name).scheme).toBe(to);
  }
});

describe('what is refused leaves everything as it was', () => {
  it('a ResNet under names that Hugging Face has not', async () => {
    const converting = convert(RESNET, at('never'), quiet('hf'));
    await expect(converting).rejects.toThrow("Hugging Face's CLIP has no ResNet: expected a ViT");
    expect(existsSync(at('never'))).toBe(false);
  });

  it('a file as the target of hf', async () => {
    await expect(convert(VIT, at('x.safetensors'), quiet('hf'))).rejects.toThrow(/a folder/);
  });

  it('files that are there, unless force says so', async () => {
    mkdirSync(at('mine'));
    writeFileSync(at('mine/config.json'), 'mine');
    await expect(convert(VIT, at('mine'), quiet('hf'))).rejects.toThrow(
      /config\.json is there already \(--force/,
    );
    expect(readdirSync(at('mine'))).toEqual(['config.json']);
    expect(readFileSync(at('mine/config.json'), 'utf8')).toBe('mine');
    await convert(VIT, at('mine'), quiet('hf', { force: true }));
    expect(JSON.parse(readFileSync(at('mine/config.json'), 'utf8')).model_type).toBe('clip');
    await expect(convert(VIT, at('mine'), quiet('hf'))).rejects.toThrow(
      /model\.safetensors is there already/,
    );
    await convert(at('mine'), at('mine'), quiet('hf', { dtype: 'f16', force: true })); // over its own source
    expect((await bytesIn(at('mine'))).get('logit_scale')).toMatch(/^F16/);
  });

  it('numbers that half precision cannot hold', async () => {
    const gelu = fixture('schemes', 'hf');
    const huge = async () =>
      withModelFiles(gelu, async ({ checkpoint, file, configs }) => {
        const clip = clipCheckpoint(checkpoint, file, configs);
        const big = new StoredTensor('ln_final.bias', 'F32', [32], async () => {
          return new Uint8Array(new Float32Array(32).fill(7e4).buffer);
        });
        const tensors = new Map([...clip.tensors, ['ln_final.bias', big]]);
        const { tensors: converted } = convertCheckpoint({ ...clip, tensors }, 'openai', { dtype: 'f16' });
        await converted.find(({ name }) => name === 'ln_final.bias')!.readBytes();
      });
    await expect(huge()).rejects.toThrow(
      'tensor ln_final.bias does not fit half precision: expected numbers below 65,520, got 70000 (--dtype f32 keeps it)',
    );
  });

  it('a folder that cannot be made, a model that is none', async () => {
    writeFileSync(at('file'), 'x');
    await expect(convert(VIT, at('file/inside'), quiet('hf'))).rejects.toThrow(/cannot make the folder/);
    if (existsSync('/proc/self')) {
      // A file system that takes no folders: Node's own mkdir with `recursive` never comes back from there.
      await expect(convert(VIT, '/proc/no/such', quiet('hf'))).rejects.toThrow(
        /^cannot make the folder \/proc/,
      );
    }
    const deep = convert(
      VIT,
      at('deep/er'),
      quiet('hf', { onProgress: () => rmSync(at('deep'), { recursive: true }) }),
    );
    await expect(deep).rejects.toThrow();
    expect(existsSync(at('deep'))).toBe(false);
    const other = fixture('checkpoints', 'nested.pt');
    await expect(convert(other, at('other'), quiet('hf'))).rejects.toThrow(/not a CLIP checkpoint/);
    expect(existsSync(at('other'))).toBe(false);
  });
});

it('the resolution may be changed on the way', async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  await convert(fixture('schemes', 'hf'), at('larger'), quiet('hf', { resolution: 40, onNote }));
  const config = JSON.parse(readFileSync(at('larger/config.json'), 'utf8'));
  expect(config.vision_config.image_size).toBe(40);
  const positions = (await bytesIn(at('larger'))).get('vision_model.embeddings.position_embedding.weight');
  expect(positions).toMatch(/^F32 \[26,40\]/);
  expect(notes[0]).toMatch(/^positions are interpolated/);
});

it("open_clip gets a tokenizer where the vocabulary is not OpenAI's whole", async () => {
  await convert('mini', at('own'), quiet('open_clip'));
  const { text_cfg } = JSON.parse(readFileSync(at('own/open_clip_config.json'), 'utf8')).model_cfg;
  expect(text_cfg).toMatchObject({ vocab_size: 697, hf_tokenizer_name: '.' }); // its files are in this folder
  expect(readdirSync(at('own')).sort()).toEqual([
    'merges.txt',
    'open_clip_config.json',
    'open_clip_model.safetensors',
    'special_tokens_map.json',
    'tokenizer_config.json',
    'vocab.json',
  ]);
  const notes: string[] = [];
  const back = quiet('openai', { onNote: (note) => notes.push(note) });
  await convert(at('own'), at('own-end.safetensors'), back);
  expect(notes).toEqual([]);
  expect(readFileSync(at('merges.txt'), 'utf8')).toBe(readFileSync(at('own/merges.txt'), 'utf8'));
});

it('a vocabulary of its own goes along', async () => {
  await convert('mini', at('mini'), quiet('hf'));
  await convert(at('mini'), at('mini.safetensors'), quiet('openai'));
  const mini = join(import.meta.dirname, '../../weights/mini/merges.txt');
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
  expect(lines(at('mini/merges.txt'))).toEqual(lines(mini));
  expect(lines(at('merges.txt'))).toEqual(lines(mini));
  const vocabulary = JSON.parse(readFileSync(at('mini/vocab.json'), 'utf8'));
  expect(vocabulary['<|endoftext|>']).toBe(696);
});
