// tokenize, preprocess, inspect, models, doctor: what they print and write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeNpy } from '../../src/data/npy.ts';
import { fixture } from '../support.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const model = fixture('checkpoints/tiny-vit.pt');
const picture = fixture('pictures/colour-444.jpg');

describe('tokenize', () => {
  test('one JSON array a line, start to end, never cut', () => {
    const texts = ['Hello World!', '', 'a '.repeat(90), 'line\nbreak \ud800'];
    writeFileSync(join(folder, 'texts.jsonl'), `${texts.map((text) => JSON.stringify(text)).join('\n')}\n`);
    const { stdout, stderr, status } = clip('tokenize', '--input', 'texts.jsonl', '--json');
    expect(status).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toEqual([49406, 3306, 1002, 256, 49407]); // OpenAI's README
    expect(rows[1]).toEqual([49406, 49407]);
    expect(rows[2]).toHaveLength(92);
    expect(rows).toHaveLength(4);
    expect(stderr).toBe(`92 tokens, 77 fit the model: ${JSON.stringify('a '.repeat(30))}\n`);
  });

  test('only a line feed ends a line', () => {
    writeFileSync(join(folder, 'lines.jsonl'), '\ufeff"a\u2028b\u2029c\u0085d"\r\n"e"');
    const { stdout } = clip('tokenize', '--input', 'lines.jsonl', '--json');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).length),
    ).toEqual([7, 3]);
  });

  test('a smaller vocabulary', () => {
    const { stdout } = clip('tokenize', 'the end', '--model', model);
    expect(stdout).toMatch(/^598 (\d+ )+599\n$/);
  });

  test('every stage', () => {
    const { stdout } = clip('tokenize', '&lt;b&gt; caf\u00c3\u00a9', '--show-work');
    expect(stdout).toContain('"<b> café"');
    expect(stdout.trimEnd()).toMatch(/ids {2}49406 .* 49407$/);
  });
});

describe('preprocess', () => {
  test('a file, normalised or cropped', () => {
    expect(clip('preprocess', picture, '--size', '48', '--out', 'x.npy').status).toBe(0);
    expect(clip('preprocess', picture, '--size', '48', '--stage', 'cropped', '--out', 'y.npy').status).toBe(
      0,
    );
    const [x, y] = ['x', 'y'].map((name) => decodeNpy(readFileSync(join(folder, `${name}.npy`))));
    expect(x).toMatchObject({ shape: [3, 48, 48], data: expect.any(Float32Array) });
    expect(y).toMatchObject({ shape: [48, 48, 3], data: expect.any(Uint8Array) });
    expect(x!.data[0]).toBeCloseTo((Number(y!.data[0]) / 255 - 0.48145466) / 0.26862954, 5);
  });

  test('several pictures into a folder', () => {
    const other = fixture('pictures/grey.jpg');
    expect(clip('preprocess', picture, other, '--size', '32', '--out', 'arrays').status).toBe(0);
    expect(decodeNpy(readFileSync(join(folder, 'arrays/grey.jpg.npy'))).shape).toEqual([3, 32, 32]);
  });
});

describe('inspect', () => {
  test('configuration and parameters, in the file’s names', () => {
    const { config, parameters, taps } = JSON.parse(clip('inspect', model, '--json').stdout);
    expect(config).toMatchObject({
      embed_dim: 64,
      vision_patch_size: 8,
      context_length: 16,
      vocab_size: 600,
    });
    const weight = { name: 'visual.conv1.weight', shape: [64, 3, 8, 8], dtype: 'F16' };
    expect(parameters).toContainEqual(weight);
    expect(taps).toBeUndefined();
  });

  test('every value on the way', () => {
    const { taps } = JSON.parse(
      clip('inspect', model, '--json', '--image', picture, '--text', 'a cat').stdout,
    );
    const names = taps.map(({ name }: { name: string }) => name);
    expect(names[0]).toBe('visual.conv1');
    expect(names).toContain('transformer.resblocks.1.attn.probs');
    expect(names.at(-1)).toBe('text_features');
    const probs = taps.find(
      ({ name }: { name: string }) => name === 'visual.transformer.resblocks.0.attn.probs',
    );
    expect(probs.shape).toEqual([1, 1, 17, 17]);
    expect(probs.mean).toBeCloseTo(1 / 17, 6);
    expect(probs.max).toBeLessThanOrEqual(1);
  });
});

test('models: the embedded ones are here, OpenAI’s nine are not', () => {
  const rows = JSON.parse(clip('models', '--json').stdout);
  const embedded = existsSync(join(ROOT, 'weights/judge/model.safetensors')) ? ['mini', 'judge'] : ['mini'];
  expect(rows).toHaveLength(embedded.length + 9);
  expect(rows.slice(0, embedded.length).map(({ name }: { name: string }) => name)).toEqual(embedded);
  expect(rows[0]).toMatchObject({
    name: 'mini',
    resolution: 32,
    path: expect.stringMatching(/model\.safetensors$/),
  });
  expect(rows.slice(-9).map(({ path }: { path: unknown }) => path)).toEqual(Array(9).fill(null));
  expect(rows.at(-4)).toMatchObject({ name: 'ViT-B/32', parameters: 151_277_313, path: null });
  expect(clip('models').stdout.trimEnd().split('\n')).toHaveLength(rows.length + 1);
});

test('doctor: wasm and cpu are always here', { timeout: 240_000 }, () => {
  const { node, auto, engines } = JSON.parse(clip('doctor', '--json').stdout);
  expect(node).toBe(process.versions.node);
  const state = new Map<string, boolean>(
    engines.map((engine: { name: string; available: boolean }) => [engine.name, engine.available]),
  );
  expect([...state.keys()]).toEqual(['cuda', 'native', 'webgpu', 'wasm', 'cpu']);
  expect([state.get('wasm'), state.get('cpu')]).toEqual([true, true]);
  // Where webgpu is a program on the CPU, auto goes past it.
  const inOrder = [...state].filter(([, available]) => available).map(([name]) => name);
  expect(inOrder.filter((name) => name === auto || name !== 'webgpu')[0]).toBe(auto);
  expect(engines.at(-1).gflops).toBeGreaterThan(0);

  const lines = clip('doctor').stdout.trimEnd().split('\n');
  for (const name of state.keys()) {
    expect(lines.filter((line) => line.startsWith(name.padEnd(8)))).toHaveLength(1); // one line an engine
  }
  expect(lines.find((line) => line.startsWith('cpu'))).toMatch(
    /^cpu +[\d.]+ GFLOP\/s {2}parity pass, \d+ % of the bars/,
  );
  expect(lines.at(-1)).toMatch(new RegExp(`^auto takes ${auto} \\(`));
});

test('--help of every command ends in an example', () => {
  for (const command of [
    'classify',
    'show',
    'eval',
    'tokenize',
    'preprocess',
    'inspect',
    'parity',
    'models',
    'doctor',
    'setup',
  ]) {
    const { stdout, status } = clip(command, '--help');
    expect(stdout).toMatch(/Examples?:\n {2}clip-tfjs /);
    expect(status).toBe(0);
  }
});
