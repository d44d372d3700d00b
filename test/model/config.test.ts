import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OPENAI_MODELS } from '../../src/checkpoint/openai-models.ts';
import { CLIP } from '../../src/model/clip.ts';
import { inferConfig } from '../../src/model/config.ts';
import { sharedFile } from '../support.ts';

function shapesOf(model: CLIP): Map<string, readonly number[]> {
  return new Map([...model.namedParameters()].map(([name, { shape }]) => [name, shape]));
}

/** Parameters without batch norm's statistics, as the paper and PyTorch count them. */
function countParameters(model: CLIP): number {
  const trained = [...model.namedParameters()].filter(([, { trainable }]) => trainable);
  return trained.reduce((total, [, { shape }]) => total + shape.reduce((a, b) => a * b, 1), 0);
}

describe('the nine published models', () => {
  test.each(OPENAI_MODELS.map(({ name, config }) => [name, config] as const))(
    '%s: its configuration follows from its shapes',
    (_, config) => {
      expect(inferConfig(shapesOf(new CLIP(config)))).toEqual(config);
    },
  );

  test.each([
    // PyTorch's counts of clip.model.CLIP
    ['ViT-B/32', 151_277_313],
    ['RN50', 102_007_137],
    ['ViT-L/14', 427_616_513],
  ])('%s has %d parameters', (name, count) => {
    const { config } = OPENAI_MODELS.find((model) => model.name === name)!;
    expect(countParameters(new CLIP(config))).toBe(count);
  });
});

const layout = sharedFile('openai-clip/ViT-B-32.layout.json');
test.skipIf(!layout)('the real ViT-B-32.pt has our names and shapes, and three buffers', () => {
  const stored = JSON.parse(readFileSync(layout!, 'utf8')) as Record<string, { shape: number[] }>;
  const { config } = OPENAI_MODELS.find(({ name }) => name === 'ViT-B/32')!;
  const ours = shapesOf(new CLIP(config));
  const theirs = Object.entries(stored).filter(([, entry]) => Array.isArray(entry.shape));
  const buffers = ['input_resolution', 'context_length', 'vocab_size'];
  for (const [name, { shape }] of theirs) {
    if (!buffers.includes(name)) expect([name, ours.get(name)]).toEqual([name, shape]);
  }
  expect(theirs.length).toBe(ours.size + buffers.length);
});

describe('shapes that are no CLIP', () => {
  const { config } = OPENAI_MODELS.find(({ name }) => name === 'ViT-B/32')!;

  test.each([
    ['text_projection', undefined, 'it lacks text_projection'],
    ['visual.positional_embedding', [51, 768], '51 positions'],
    ['ln_final.weight', [500], 'width of 500'],
  ])('%s as %j', (name, shape, message) => {
    const shapes = shapesOf(new CLIP(config));
    if (shape) shapes.set(name, shape);
    else shapes.delete(name);
    expect(() => inferConfig(shapes)).toThrow(message);
  });
});
