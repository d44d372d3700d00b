// What no shape tells, from a checkpoint's own metadata.
import { beforeAll, describe, expect, test } from 'vitest';
import { clipCheckpoint, type ModelSettings } from '../../src/checkpoint/clip-checkpoint.ts';
import type { Checkpoint } from '../../src/checkpoint/stored-tensor.ts';
import { openFixture } from '../support.ts';

let tensors: Checkpoint['tensors'];
beforeAll(async () => {
  const { tensors: recorded } = await openFixture('parity', 'vit.safetensors');
  const own = [...recorded].filter(([key]) => key.startsWith('param.'));
  tensors = new Map(own.map(([key, tensor]) => [key.slice('param.'.length), tensor]));
});

const TOLD = '{"vision_heads": 2, "transformer_heads": 3, "activation": "gelu"}';
const read = (config: string) =>
  clipCheckpoint(
    { format: 'safetensors', tensors, metadata: new Map([['config', config]]) },
    'vit.safetensors',
  ).config;

describe('config in the metadata', () => {
  test('gives heads of any width and the activation', () => {
    const config = read(
      '{"vision_heads": 2, "transformer_heads": 3, "activation": "gelu", "embed_dim": 1000}',
    );
    expect(config).toMatchObject({
      vision_heads: 2,
      transformer_heads: 3,
      activation: 'gelu',
      embed_dim: 24,
    });
    expect(() => clipCheckpoint({ format: 'safetensors', tensors, metadata: new Map() }, 'x')).toThrow(
      /^x: visual\.conv1\.weight gives a width of 32: expected/,
    );
  });

  test('what the user says goes first, and undefined says nothing', () => {
    const weights = { format: 'safetensors', tensors, metadata: new Map([['config', TOLD]]) } as const;
    const config = (asked: ModelSettings) => clipCheckpoint(weights, 'vit', undefined, asked).config;
    expect(config({ activation: undefined, vision_heads: undefined })).toEqual(config({}));
    expect(config({ activation: 'quick_gelu', vision_heads: 4 })).toMatchObject({
      activation: 'quick_gelu',
      vision_heads: 4,
      transformer_heads: 3,
    });
    for (const vision_heads of [0, -1, 0.5, 5]) {
      expect(() => config({ vision_heads })).toThrow(/heads do not divide/);
    }
  });

  test.each([
    ['{"vision_heads": 2', /config in __metadata__: expected JSON, got text/],
    ['[]', /expected a JSON object, got \[\]/],
    ['{"vision_heads": 0}', /expected a whole number of vision_heads, got 0/],
    ['{"transformer_heads": "2"}', /expected a whole number of transformer_heads, got "2"/],
    ['{"activation": "relu"}', /expected activation quick_gelu or gelu, got "relu"/],
    ['{"vision_heads": 5, "transformer_heads": 3}', /a width of 32, which 5 heads do not divide/],
  ])('%s is refused', (config, complaint) => {
    expect(() => read(config)).toThrow(complaint);
    expect(() => read(config)).toThrow(/^vit\.safetensors: /);
  });
});
