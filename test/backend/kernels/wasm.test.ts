// Every kernel of the wasm engine against the composition in src/model/ops.ts, on the plain engine: values, gradients.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { wasmModule } from '../../../src/backend/kernels/wasm/backend.ts';
import { registerWasmKernels } from '../../../src/backend/kernels/wasm/register.ts';
import * as ops from '../../../src/model/ops.ts';
import { attention, type Case, expectAsDefined } from './definition.ts';

const linear = (...shapes: number[][]): Case => ({ name: 'linear', shapes, compute: ops.linear });

const CASES: Case[] = [
  linear([3, 5, 7], [7, 9], [9]),
  linear([6, 7], [7, 9]),
  linear([1, 1], [1, 1], [1]),
  linear([2, 403, 5], [5, 8], [8]), // more rows than are worked on at once
  linear([4, 1601], [1601, 131], [131]), // more depth, more columns
  linear([801, 500], [500, 200], [200]), // worth several threads
  linear([0, 7], [7, 9], [9]), // an empty batch
  {
    name: 'layerNorm',
    shapes: [[3, 5, 48], [48], [48]],
    compute: (x, gain, bias) => ops.layerNorm(tf.add(tf.mul(x!, 3), 20), gain!, bias!, 1e-5), // far from zero
  },
  {
    name: 'layerNorm',
    shapes: [[37, 7], [7], [7]],
    compute: (x, gain, bias) => ops.layerNorm(tf.mul(x!, 0.01), gain!, bias!, 1e-3), // epsilon counts
  },
  { name: 'layerNorm', shapes: [[0, 5], [5], [5]], compute: (x, gain, bias) => ops.layerNorm(x!, gain!, bias!, 1e-5) },
  { name: 'quickGelu', shapes: [[3, 4, 5]], compute: (x) => ops.quickGelu(tf.mul(x!, 9)) },
  { name: 'quickGelu', shapes: [[33, 1001]], compute: (x) => ops.quickGelu(tf.mul(x!, 300)) },
  { name: 'gelu', shapes: [[3, 4, 5]], compute: (x) => ops.gelu(tf.mul(x!, 5)) },
  { name: 'gelu', shapes: [[33, 1001]], compute: (x) => ops.gelu(tf.mul(x!, 100)) },
  { name: 'gelu', shapes: [[0, 3]], compute: ops.gelu },
  { name: 'maskedSoftmax', shapes: [[2, 3, 5, 5]], compute: (scores) => ops.maskedSoftmax(tf.mul(scores!, 30)) },
  { name: 'maskedSoftmax', shapes: [[1, 1, 1, 1]], compute: (scores) => ops.maskedSoftmax(scores!) },
  { name: 'maskedSoftmax', shapes: [[2, 3, 4, 50]], compute: (scores) => ops.maskedSoftmax(tf.mul(scores!, 200)) },
  {
    name: 'maskedSoftmax',
    shapes: [[2, 3, 9, 9]],
    compute: (scores) => ops.maskedSoftmax(scores!, ops.causalMask(9)),
  },
  ...[attention([2, 5, 12], 2, true), attention([1, 50, 3 * 24], 3, false), attention([2, 77, 3 * 128], 2, true)],
  ...[attention([1, 1, 3], 1, true), attention([3, 7, 15], 1, false), attention([0, 5, 12], 2, true)],
  attention([1, 130, 3 * 70], 1, true), // more columns than are worked on at once
  { name: 'Transpose', shapes: [[2, 3, 4, 5, 9]], compute: (x) => tf.transpose(x!, [0, 2, 1, 3, 4]) },
  { name: 'Transpose', shapes: [[2, 3, 2, 8, 2, 8]], compute: (x) => tf.transpose(x!, [0, 2, 4, 1, 3, 5]) },
  { name: 'Transpose', shapes: [[0, 3, 8]], compute: (x) => tf.transpose(x!, [1, 0, 2]) },
  { name: 'GatherV2', shapes: [[7, 9]], compute: (x) => tf.gather(x!, tf.tensor2d([[6, 0], [3, 6]], [2, 2], 'int32')) },
  { name: 'plus', shapes: [[2, 3], [2, 3]], compute: ops.plus },
]; // biome-ignore format: a line each

describe.each([1, 2])('on wasm with threads: %i', (threads) => {
  beforeAll(async () => {
    await startEngine('wasm', { threads });
    expect(wasmModule().threads).toBe(threads);
    registerWasmKernels(); // gather's gradient
  });

  test.each(CASES)('$name $shapes', (of) => expectAsDefined(of, 'wasm'));
});
