// Every kernel of the webgpu engine against the composition in src/model/ops.ts, on the plain engine: values, gradients.
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import * as ops from '../../../src/model/ops.ts';
import { hasWebGPU } from '../webgpu-support.ts';
import { type Case, expectAsDefined } from './definition.ts';

const CASES: Case[] = [
  { name: 'linear', shapes: [[3, 5, 7], [7, 9], [9]], compute: ops.linear },
  { name: 'linear', shapes: [[70, 40], [40, 36], [36]], compute: ops.linear }, // more than a tile
  { name: 'linear', shapes: [[6, 7], [7, 9]], compute: (x, weight) => ops.linear(x!, weight!) },
  {
    name: 'layerNorm',
    shapes: [[3, 5, 100], [100], [100]],
    compute: (x, gain, bias) => ops.layerNorm(tf.add(tf.mul(x!, 3), 20), gain!, bias!, 1e-5), // far from zero
  },
  {
    name: 'layerNorm',
    shapes: [[4, 7], [7], [7]],
    compute: (x, gain, bias) => ops.layerNorm(tf.mul(x!, 0.01), gain!, bias!, 1e-3), // epsilon counts
  },
  { name: 'quickGelu', shapes: [[3, 4, 7]], compute: (x) => ops.quickGelu(tf.mul(x!, 9)) },
  { name: 'quickGelu', shapes: [[9]], compute: (x) => ops.quickGelu(tf.mul(x!, 300)) }, // exponentials overflow
  { name: 'gelu', shapes: [[3, 4, 7]], compute: (x) => ops.gelu(tf.mul(x!, 5)) },
  { name: 'maskedSoftmax', shapes: [[2, 3, 5, 70]], compute: (scores) => ops.maskedSoftmax(tf.mul(scores!, 30)) },
  {
    name: 'maskedSoftmax',
    shapes: [[2, 3, 5, 5]],
    compute: (scores) => ops.maskedSoftmax(tf.mul(scores!, 9), ops.causalMask(5)),
  },
  { name: 'UnsortedSegmentSum', shapes: [[6, 70]], compute: (table) => tf.gather(table!, tf.tensor2d([[1, 5, 1], [0, 1, 5]], [2, 3], 'int32')) },
  { name: 'AddN', shapes: Array(20).fill([3]), compute: (...terms) => tf.addN(terms) },
]; // biome-ignore format: a line each

describe.skipIf(!hasWebGPU)('on webgpu', () => {
  test.each(CASES)('$name $shapes', (of) => expectAsDefined(of, 'webgpu'));
});
