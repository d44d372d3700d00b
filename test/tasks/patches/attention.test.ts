// Attention maps: shares that come to 1, roll-out by hand, and choices that are not there.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shapesValidation } from '../../../src/data/shapes/shapes.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';
import {
  attentionMap,
  chooseAttention,
  pictureAttention,
  textAttention,
} from '../../../src/tasks/patches/attention.ts';
import { type AttentionLayer, rollout } from '../../../src/tasks/patches/rollout.ts';
import { fixture } from '../../support.ts';

let mini: LoadedModel;
beforeAll(async () => {
  mini = await load('mini', { backend: 'wasm', threads: 1 });
});
afterAll(() => mini.release());

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('of a picture: each block and head, rows that come to 1, roll-out too', async () => {
  const layers = await pictureAttention(mini, shapesValidation().image(0));
  expect(layers.map(({ heads, queries, keys }) => [heads, queries, keys])).toEqual(
    Array(4).fill([2, 17, 17]),
  );
  const views = [...chooseAttention(layers, {}), ...chooseAttention(layers, { layer: 3 })];
  expect(views.map(({ layer, head }) => [layer, head])).toEqual([
    [undefined, undefined],
    [3, 0],
    [3, 1],
  ]);
  for (const { matrix } of views) {
    for (const row of matrix) expect(Math.abs(sum(row) - 1)).toBeLessThan(1e-5);
    const { self, heat } = attentionMap(matrix);
    expect(heat.map(({ length }) => length)).toEqual([4, 4, 4, 4]);
    expect(Math.abs(self + sum(heat.flat()) - 1)).toBeLessThan(1e-5);
    expect(heat[1]![2]).toBe(matrix[0]![1 + 6]);
  }
  expect(new Set(views.map(({ matrix }) => matrix[0]![5])).size).toBe(3);
});

test('of a text: its tokens, none of which looks ahead', async () => {
  const { tokens, layers } = await textAttention(mini, 'a red star');
  expect(tokens).toEqual(['start', 'a', 'red', 'star', 'end']);
  for (const { matrix } of [
    ...chooseAttention(layers, {}),
    ...chooseAttention(layers, { layer: 1, head: 0 }),
  ]) {
    matrix.forEach((row, i) => {
      expect(Math.abs(sum(row) - 1)).toBeLessThan(1e-5);
      expect(row.slice(i + 1).every((share) => share === 0)).toBe(true);
    });
  }
  await expect(textAttention(mini, ' ')).rejects.toThrow(/is empty/);
  await expect(textAttention(mini, 'red '.repeat(40))).rejects.toThrow(/text too long/);
  expect((await textAttention(mini, 'red '.repeat(40), true)).tokens).toHaveLength(16);
});

test('of a ResNet: its pool’s, and nothing to roll out', async () => {
  const resnet = await load(fixture('checkpoints/tiny-rn.pt'), {
    backend: 'wasm',
    threads: 1,
    onNote: () => {},
  });
  const layers = await pictureAttention(resnet, shapesValidation().image(0));
  expect(layers).toHaveLength(1);
  const [view] = chooseAttention(layers, {});
  expect(Math.abs(sum(view!.matrix[0]!) - 1)).toBeLessThan(1e-5);
  expect(chooseAttention(layers, { head: 0 })).toHaveLength(1);
  expect(() => chooseAttention(layers, { layer: 1 })).toThrow(/no such layer.*its pool/);
  resnet.release();
});

test('what is not there is told with what is', async () => {
  const layers = await pictureAttention(mini, shapesValidation().image(0));
  expect(() => chooseAttention(layers, { layer: 4 })).toThrow('no such layer: expected 0…3, got 4');
  expect(() => chooseAttention(layers, { layer: 0, head: 2 })).toThrow('no such head: expected 0…1, got 2');
  expect(() => chooseAttention(layers, { head: 0 })).toThrow(/a head without a layer/);
});

describe('roll-out', () => {
  const layer = (...rows: number[][]): AttentionLayer => ({
    heads: 1,
    queries: rows.length,
    keys: rows.length,
    probs: Float32Array.from(rows.flat()),
  });

  test('by hand: (B + I)/2 · (A + I)/2', () => {
    const [first, second] = [layer([0, 1], [1, 0]), layer([1, 0], [1, 0])];
    // (A + I)/2 = [[.5, .5], [.5, .5]]; (B + I)/2 = [[1, 0], [.5, .5]]
    expect(rollout([first, second])).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    expect(rollout([second, second])).toEqual([
      [1, 0],
      [0.75, 0.25],
    ]);
  });

  test('takes the mean of the heads', () => {
    const two = { heads: 2, queries: 2, keys: 2, probs: Float32Array.from([1, 0, 0, 1, 0, 1, 1, 0]) };
    expect(rollout([two])).toEqual([
      [0.75, 0.25],
      [0.25, 0.75],
    ]);
  });
});
