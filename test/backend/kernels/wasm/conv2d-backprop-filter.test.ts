import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../../src/backend/engines.node.ts';
import { registerWasmConv2DBackpropFilter } from '../../../../src/backend/kernels/wasm/conv2d-backprop-filter.ts';
import { convolutions, expectSame, gradients } from './convolutions.ts';

const towardsFilter = () => gradients().map(({ filter }) => [...filter.dataSync()]);
let expected: number[][];

beforeAll(async () => {
  await startEngine('cpu');
  expected = tf.tidy(towardsFilter);
  await startEngine('wasm');
  registerWasmConv2DBackpropFilter();
});

test('a filter’s gradient is that of the cpu engine', () => {
  const found = tf.tidy(towardsFilter);
  convolutions.forEach((convolution, i) => {
    expectSame(found[i]!, expected[i]!, JSON.stringify(convolution));
  });
});

test('nothing is left behind', () => {
  const [before, ids] = [tf.memory(), tf.backend().numDataIds()];
  tf.tidy(towardsFilter);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  expect(tf.backend().numDataIds()).toBe(ids); // a kernel's own buffers are in no other count
});

test('what it cannot do is refused', () => {
  const run = (format: string, dyShape: number[], pad: number) =>
    tf.tidy(() =>
      tf
        .engine()
        .runKernel(
          'Conv2DBackpropFilter',
          { x: tf.zeros([1, 5, 5, 5]), dy: tf.zeros(dyShape) },
          { strides: 1, pad, dataFormat: format, filterShape: [3, 3, 5, 5] },
        ),
    );
  expect(() => run('NCHW', [1, 5, 3, 3], 0)).toThrow('takes NHWC, not NCHW');
  // What a dilation of 2 makes of 5 × 5.
  expect(() => run('NHWC', [1, 1, 1, 5], 0)).toThrow('without dilation dy is [1,3,3,5], not [1,1,1,5]');
  const dilated = (filter: tf.Tensor) =>
    tf.conv2d(tf.zeros<tf.Rank.R4>([1, 5, 5, 5]), filter as tf.Tensor4D, 1, 'valid', 'NHWC', 2);
  expect(() => tf.tidy(() => tf.grad(dilated)(tf.zeros([3, 3, 5, 5])))).toThrow(
    'dilation rates greater than 1',
  );
});
