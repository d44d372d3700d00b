// An engine's kernel held to the composition in src/model/ops.ts on the plain engine: values, and the gradient of every input.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients of the compositions: see src/train/gradients.ts
import { expect } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import * as ops from '../../../src/model/ops.ts';

export interface Case {
  /** The kernel. */
  name: string;
  shapes: number[][];
  compute: (...inputs: tf.Tensor[]) => tf.Tensor;
}

/** The whole attention in one kernel; without one, its parts. */
export const attention = (shape: number[], heads: number, isCausal: boolean): Case => ({
  name: 'attention',
  shapes: [shape],
  compute: (x) => {
    const joint = tf.mul(x!, 4);
    const whole = ops.wholeAttention(joint, heads, isCausal);
    if (whole) return whole;
    const [q, k, v] = tf.split(ops.splitHeads(joint, 3 * heads), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mask = isCausal ? ops.causalMask(joint.shape[1]!) : undefined;
    return ops.joinHeads(tf.matMul(ops.maskedSoftmax(ops.attentionScores(q, k), mask), v));
  },
});

/** Numbers between −1 and 1, other ones for each `seed`. */
export function numbers(shape: number[], seed: number): tf.Tensor {
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

/** All within 1e-5 of the largest, and no tensor left. */
export async function expectAsDefined(of: Case, engine: 'native' | 'wasm' | 'webgpu'): Promise<void> {
  await startEngine('cpu');
  const expected = await answers(of);
  await startEngine(engine);
  expect(tf.getKernel(of.name, tf.getBackend())).toBeDefined();
  const before = tf.memory().numTensors;
  const found = await answers(of);
  expect(tf.memory().numTensors).toBe(before);
  expected.forEach((values, i) => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = values.map((value, j) => (value === found[i]![j] ? 0 : Math.abs(value - found[i]![j]!)));
    expect(found[i]!.length).toBe(values.length);
    expect(
      errors.every((error) => error < 1e-5 * largest || error === 0),
      `${i}: ${errors}`,
    ).toBe(true);
  });
}
