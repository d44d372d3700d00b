// Names and shapes of published models, as each library has them (scripts/record_schemes.py), against this program's.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knownModel } from '../../../src/checkpoint/known-models.ts';
import { OPENAI_MODELS } from '../../../src/checkpoint/openai-models.ts';
import { hf } from '../../../src/checkpoint/schemes/hf-names.ts';
import { readOpenClipConfig, writeOpenClipConfig } from '../../../src/checkpoint/schemes/open-clip-config.ts';
import { openClip } from '../../../src/checkpoint/schemes/open-clip-names.ts';
import { fromOpenAINames } from '../../../src/checkpoint/schemes/rename.ts';
import { StoredTensor } from '../../../src/checkpoint/stored-tensor.ts';
import { CLIP } from '../../../src/model/clip.ts';
import type { CLIPConfig } from '../../../src/model/config.ts';
import { fixture } from '../../support.ts';

interface Layout {
  tensors: number;
  sha256: string;
}
interface OpenClipLayout extends Layout {
  config: object;
  hf: string;
}
const layouts: { openai: Record<string, Layout>; open_clip: Record<string, OpenClipLayout> } = JSON.parse(
  readFileSync(fixture('schemes', 'layouts.json'), 'utf8'),
);

function storedOf(config: CLIPConfig): Map<string, StoredTensor> {
  const never = () => Promise.reject(new Error('nothing is read here'));
  const parameters = [...new CLIP(config).namedParameters()];
  return new Map(parameters.map(([name, { shape }]) => [name, new StoredTensor(name, 'F32', shape, never)]));
}

function digest(tensors: ReadonlyMap<string, StoredTensor>): Layout {
  const lines = [...tensors.values()].map(({ name, shape }) => `${name} [${shape}]`).sort();
  return { tensors: lines.length, sha256: createHash('sha256').update(lines.join('\n')).digest('hex') };
}

describe("OpenAI's nine models", () => {
  it('are all in the recording', () => {
    expect(Object.keys(layouts.openai)).toEqual(OPENAI_MODELS.map(({ name }) => name));
  });

  it.each(OPENAI_MODELS)("$name has OpenAI's names and shapes", ({ name, config }) => {
    const tensors = storedOf(config);
    expect(digest(tensors)).toEqual(layouts.openai[name]);
    expect(knownModel(config)).toBe(name);
    for (const tensor of tensors.keys()) {
      const theirs = hf.fromOpenAI(tensor);
      if (config.vision_patch_size === null && theirs === undefined) continue;
      for (const { name: other, third, transposed } of theirs!) {
        expect(hf.toOpenAI(other)).toEqual({
          name: tensor,
          ...(third !== undefined && { third }),
          ...(transposed && { transposed }),
        });
      }
    }
  });
});

describe("open_clip's ViTs of CLIP's classes", () => {
  const published = Object.entries(layouts.open_clip);
  const others = /CLIPA|worldwide|M-16-alt/; // another pooling, no ln_pre, a scale in each layer

  it.each(published.filter(([name]) => !others.test(name)))(
    '%s',
    (name, { config, hf: hfDigest, ...layout }) => {
      const told = readOpenClipConfig(JSON.stringify({ model_cfg: config }));
      const tensors = storedOf(told.config);
      expect(digest(tensors)).toEqual(layout);
      expect(digest(fromOpenAINames(tensors, hf)).sha256).toBe(hfDigest);
      expect(told.config.activation).toBe(/quickgelu/.test(name) ? 'quick_gelu' : 'gelu');
      const again = readOpenClipConfig(JSON.stringify(writeOpenClipConfig(told.config, false)));
      expect(again.config).toEqual(told.config);
    },
  );

  it.each(published.filter(([name]) => others.test(name)))('%s is refused by name', (_, { config }) => {
    expect(() => readOpenClipConfig(JSON.stringify(config))).toThrow(
      /open_clip_config\.json: (vision|text)_cfg\.[a-z_]+: expected .+, got .+CLIP.s own towers/,
    );
  });

  it('heads of 80, 88 and 104 are told by the configuration', () => {
    const headWidth = (name: string) => {
      const { config } = readOpenClipConfig(JSON.stringify(layouts.open_clip[name]!.config));
      return [config.vision_width / config.vision_heads, config.vision_mlp_width, knownModel(config)];
    };
    expect(headWidth('ViT-H-14')).toEqual([80, 5120, 'ViT-H-14 (open_clip)']);
    expect(headWidth('ViT-g-14')).toEqual([88, 6144, 'ViT-g-14 (open_clip)']);
    expect(headWidth('ViT-bigG-14')).toEqual([104, 8192, 'ViT-bigG-14 (open_clip)']);
    expect(headWidth('ViT-B-32')).toEqual([64, 3072, 'ViT-B-32 (open_clip)']);
    expect(headWidth('ViT-L-14-336')).toEqual([64, 4096, 'ViT-L-14-336 (open_clip)']);
  });

  it('a text tower of its own loses its prefix', () => {
    expect(openClip.toOpenAI('text.transformer.resblocks.0.ln_1.weight')?.name).toBe(
      'transformer.resblocks.0.ln_1.weight',
    );
    expect(openClip.toOpenAI('text.text_projection')?.name).toBe('text_projection');
    expect(openClip.toOpenAI('text_projection')?.name).toBe('text_projection');
    expect(openClip.toOpenAI('text.other')?.name).toBe('text.other');
  });
});
