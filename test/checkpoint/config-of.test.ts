// What no shape tells, from a checkpoint's own metadata.
import { beforeAll, describe, expect, test } from 'vitest';
import { clipCheckpoint } from '../../src/checkpoint/clip-checkpoint.ts';
import type { Checkpoint } from '../../src/checkpoint/stored-tensor.ts';
import { openFixture } from '../support.ts';

let tensors: Checkpoint['tensors'];
beforeAll(async () => {
  const { tensors: recorded } = await openFixture('parity', 'vit.safetensors');
  const own = [...recorded].filter(([key]) => key.startsWith('param.'));
  tensors = new Map(own.map(([key, tensor]) => [key.slice('param.'.length), tensor]));
});

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
