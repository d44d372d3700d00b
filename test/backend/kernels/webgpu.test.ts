// Every kernel of the webgpu engine against the composition in src/model/ops.ts, on the plain engine: values, gradients.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients of the compositions: see src/train/gradients.ts
import { describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import * as ops from '../../../src/model/ops.ts';
import { hasWebGPU } from '../webgpu-support.ts';

interface Case {
  name: string;
  shapes: number[][];
  compute: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Of TensorFlow.js itself. */
  upstream?: true;
}

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
  { name: 'UnsortedSegmentSum', shapes: [[6, 70]], compute: (table) => tf.gather(table!, tf.tensor2d([[1, 5, 1], [0, 1, 5]], [2, 3], 'int32')), upstream: true },
  { name: 'AddN', shapes: Array(20).fill([3]), compute: (...terms) => tf.addN(terms), upstream: true },
]; // biome-ignore format: a line each

/** Numbers between −1 and 1, other ones for each `seed`. */
function numbers(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin((i + 1) ** 1.5 + seed)),
    shape,
  );
}

/** The answer, then the gradient for each input. */
async function answers({ shapes, compute }: Case): Promise<Float32Array[]> {
  const tensors = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => numbers(shape, i));
    const value = compute(...inputs);
    const gradients = tf.grads((...given) => compute(...given))(inputs, numbers(value.shape, 9));
    return [value, ...gradients];
  });
  const read = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(tensors);
  return read;
}

describe.skipIf(!hasWebGPU)('on webgpu', () => {
  test.each(CASES)('$name $shapes', async (of) => {
    await startEngine('cpu');
    const expected = await answers(of);
    await startEngine('webgpu');
    expect(tf.getKernel(of.name, 'webgpu')).toBeDefined();
    const before = tf.memory().numTensors;
    const found = await answers(of);
    expect(tf.memory().numTensors).toBe(before);
    expected.forEach((values, i) => {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      values.forEach((value, j) => {
        expect(Math.abs(value - found[i]![j]!) / largest, `${i}, ${j}`).toBeLessThan(1e-5);
      });
    });
  });
});
