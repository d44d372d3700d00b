import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { registerWasmConv2DBackpropFilter } from '../../../../src/backend/kernels/wasm/conv2d-backprop-filter.ts';
import { testGradient } from './convolutions.ts';

testGradient('filter', registerWasmConv2DBackpropFilter);

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
