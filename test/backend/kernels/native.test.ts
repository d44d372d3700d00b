// Every kernel of the native engine against the composition in src/model/ops.ts, on the plain engine: values, gradients.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { severalOperations } from '../../../src/backend/kernels/native/layer-norm.ts';
import * as ops from '../../../src/model/ops.ts';
import { type Case, expectAsDefined, numbers } from './definition.ts';

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
  { name: 'plus', shapes: [[2, 3], [2, 3]], compute: ops.plus },
]; // biome-ignore format: a line each

describe.skipIf(!hasNative)('on native', () => {
  test.each(CASES)('$name $shapes', (of) => expectAsDefined(of, 'native'));

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
