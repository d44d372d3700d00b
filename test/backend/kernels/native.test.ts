// Every kernel of the native engine against the composition in src/model/ops.ts, on the plain engine: values, gradients.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { severalOperations } from '../../../src/backend/kernels/native/layer-norm.ts';
import { run } from '../../../src/backend/kernels/native/operation.ts';
import {
  hasOwnOperations,
  hasOwnProducts,
  withoutOwnOperations,
} from '../../../src/backend/kernels/native/own.ts';
import * as ops from '../../../src/model/ops.ts';
import { attention, type Case, expectAsDefined, numbers } from './definition.ts';

const hasNative = await startEngine('native').catch(() =>
  console.log('skipped: kernels of the engine native, which is not set up (clip-tfjs setup native)'),
);

const CASES: Case[] = [
  { name: 'linear', shapes: [[3, 5, 7], [7, 9], [9]], compute: ops.linear },
  { name: 'linear', shapes: [[6, 7], [7, 9]], compute: (x, weight) => ops.linear(x!, weight!) },
  {
    name: 'layerNorm',
    shapes: [[3, 5, 48], [48], [48]],
    compute: (x, gain, bias) => ops.layerNorm(tf.add(tf.mul(x!, 3), 20), gain!, bias!, 1e-5), // far from zero
  },
  {
    name: 'layerNorm',
    shapes: [[4, 7], [7], [7]],
    compute: (x, gain, bias) => ops.layerNorm(tf.mul(x!, 0.01), gain!, bias!, 1e-3), // epsilon counts
  },
  { name: 'quickGelu', shapes: [[3, 4, 5]], compute: (x) => ops.quickGelu(tf.mul(x!, 9)) },
  { name: 'gelu', shapes: [[3, 4, 5]], compute: (x) => ops.gelu(tf.mul(x!, 5)) },
  { name: 'splitHeads', shapes: [[2, 5, 12]], compute: (x) => ops.splitHeads(x!, 3) },
  { name: 'joinHeads', shapes: [[2, 3, 5, 4]], compute: ops.joinHeads },
  { name: 'attentionScores', shapes: [[2, 3, 1, 4], [2, 3, 5, 4]], compute: ops.attentionScores }, // a single question
  { name: 'maskedSoftmax', shapes: [[2, 3, 5, 5]], compute: (scores) => ops.maskedSoftmax(tf.mul(scores!, 30)) },
  {
    name: 'maskedSoftmax',
    shapes: [[2, 3, 5, 5]],
    compute: (scores) => ops.maskedSoftmax(scores!, ops.causalMask(5)),
  },
  { name: 'linear', shapes: [[16, 390], [390, 133], [133]], compute: ops.linear }, // several blocks, and their edges
  { name: 'linear', shapes: [[300, 20], [20, 50], [50]], compute: ops.linear }, // cut both ways
  { name: 'plus', shapes: [[2, 3], [2, 3]], compute: ops.plus },
]; // biome-ignore format: a line each

const ATTENTION = [
  ...[attention([2, 37, 180], 3, false), attention([2, 37, 180], 3, true), attention([3, 50, 3 * 128], 2, false)],
  ...[attention([1, 1, 3], 1, true), attention([3, 7, 15], 1, false), attention([0, 5, 12], 2, true)],
  attention([1, 400, 3 * 70], 1, true), // more columns than are worked on at once
]; // biome-ignore format: a line each

describe.skipIf(!hasNative)('on native', () => {
  test.each(CASES)('$name $shapes', (of) => expectAsDefined(of, 'native'));

  test.each(CASES)('$name $shapes, by TensorFlow’s operations', (of) =>
    withoutOwnOperations(() => expectAsDefined(of, 'native')),
  );

  test.each(ATTENTION)('$name $shapes', async (of) => {
    if (!hasOwnOperations()) return console.log('skipped: this binding has no operations of our own');
    await expectAsDefined(of, 'native');
  });

  test('a row alone and among many is the same to the bit', async () => {
    await startEngine('native');
    if (!hasOwnProducts()) return console.log('skipped: the products are TensorFlow’s on this processor');
    tf.tidy(() => {
      const [x, weight, bias] = [[450, 800], [800, 100], [100]].map(numbers) as [
        tf.Tensor2D,
        tf.Tensor,
        tf.Tensor,
      ];
      const all = ops.linear(x, weight, bias) as tf.Tensor2D; // [450, 100]
      for (const [row, count] of [
        [0, 1],
        [200, 1],
        [123, 50],
      ] as const) {
        // biome-ignore format: a line
        const alone = ops.linear(tf.slice2d(x, [row, 0], [count, 800]), weight, bias); // [count, 100]
        expect(alone.dataSync()).toEqual(tf.slice2d(all, [row, 0], [count, 100]).dataSync());
      }
    });
  });

  test('our own operations refuse what does not fit', async () => {
    await startEngine('native');
    if (!hasOwnOperations()) return console.log('skipped: this binding has no operations of our own');
    const [x, narrow, empty] = [tf.ones([2, 3]), tf.ones([2, 2]), tf.zeros([0, 3])];
    expect(() => run('ClipAttention', [x], { heads: 1n, causal: false })).toThrow(/shapes do not fit/);
    if (!hasOwnProducts()) return;
    expect(() => run('ClipProduct', [x, narrow], {})).toThrow(/shapes do not fit/);
    expect(() => run('ClipLinear', [x, narrow, x], {})).toThrow(/shapes do not fit/);
    expect(run('ClipProduct', [empty, tf.ones([3, 2])], {}).shape).toEqual([0, 2]);
    expect([...run('ClipProduct', [tf.zeros([2, 0]), tf.zeros([0, 2])], {}).dataSync()]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('layerNorm without oneDNN’s operation', async () => {
    const compute = (kernel: typeof ops.layerNorm): Float32Array =>
      tf.tidy(() => {
        const [x, gain, bias] = [[3, 5, 48], [48], [48]].map(numbers) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return kernel(tf.add(x, 2), gain, bias, 1e-5).dataSync() as Float32Array;
      });
    await startEngine('cpu');
    const expected = compute(ops.layerNorm);
    await startEngine('native');
    compute(severalOperations).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
    });
  });
});
