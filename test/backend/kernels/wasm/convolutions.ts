// What the tests of the two gradients of a convolution share: convolutions of every kind, and what holds for the gradients
// of each.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients: see src/train/gradients.ts
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../../src/backend/engines.node.ts';

type Shape = [number, number, number, number];

interface Convolution {
  x: Shape;
  filter: Shape;
  stride: number;
  pad: 'valid' | 'same' | number;
}

/** Odd sizes, three pictures; filters of 1, 2 and 3, strides of 1 and 2, every kind of padding. */
const small: Convolution[] = [1, 2, 3].flatMap((size) =>
  [1, 2].flatMap((stride) =>
    (['valid', 'same', size - 1] as const).map((pad) => ({
      x: [3, 7, 10, 5],
      filter: [size, size, 5, 4],
      stride,
      pad,
    })),
  ),
);

const convolutions: Convolution[] = [
  ...small,
  { x: [3, 9, 5, 1], filter: [3, 2, 1, 2], stride: 2, pad: 'same' }, // a filter that is not square, one channel
  { x: [3, 41, 43, 3], filter: [3, 3, 3, 2], stride: 1, pad: 1 }, // many positions: several blocks
  { x: [3, 41, 43, 3], filter: [1, 1, 3, 2], stride: 1, pad: 'valid' },
];

/** The gradients towards `which`, by the kernel that `register` adds to wasm, are the cpu engine's and leave nothing behind. */
export function testGradient(which: 'input' | 'filter', register: () => void): void {
  const towards = () => gradients().map((gradient) => [...gradient[which].dataSync()]);
  let expected: number[][];

  beforeAll(async () => {
    await startEngine('cpu');
    expected = tf.tidy(towards);
    await startEngine('wasm');
    register();
  });

  test(`the gradient towards the ${which} is that of the cpu engine`, () => {
    const found = tf.tidy(towards);
    convolutions.forEach((convolution, i) => {
      expectSame(found[i]!, expected[i]!, JSON.stringify(convolution));
    });
  });

  test('nothing is left behind', () => {
    const [before, ids] = [tf.memory(), tf.backend().numDataIds()];
    tf.tidy(towards);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect(tf.backend().numDataIds()).toBe(ids); // a kernel's own buffers are in no other count
  });
}

/** The gradients of every convolution, given one of its output: towards the input and towards the filter. */
function gradients(): { input: tf.Tensor; filter: tf.Tensor }[] {
  return convolutions.map(({ x, filter, stride, pad }) => {
    const conv = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
    const [a, b] = [waves(x), waves(filter)];
    const [towardsInput, towardsFilter] = tf.grads(conv)([a, b], waves(conv(a, b).shape));
    return { input: towardsInput!, filter: towardsFilter! };
  });
}

/** Numbers between −1 and 1 that no shift brings back. */
function waves(shape: number[]): tf.Tensor {
  const count = tf.util.sizeFromShape(shape);
  return tf.reshape(tf.sin(tf.mul(tf.square(tf.range(0, count)), 0.37)), shape);
}

/** That `found` is `expected`, but for the order of additions. */
function expectSame(found: number[], expected: number[], what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  expect(found.length, what).toBe(expected.length);
  expect(error / largest, what).toBeLessThan(1e-5);
}
