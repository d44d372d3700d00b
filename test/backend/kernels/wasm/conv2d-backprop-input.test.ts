import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../../src/backend/engines.node.ts';
import { registerWasmKernels } from '../../../../src/backend/kernels/wasm/register.ts';
import { convolutions, expectSame, gradients } from './convolutions.ts';

const towardsInput = () => gradients().map(({ input }) => [...input.dataSync()]);
let expected: number[][];

beforeAll(async () => {
  await startEngine('cpu');
  expected = tf.tidy(towardsInput);
  await startEngine('wasm');
  registerWasmKernels();
});

test('an input’s gradient is that of the cpu engine', () => {
  const found = tf.tidy(towardsInput);
  convolutions.forEach((convolution, i) => {
    expectSame(found[i]!, expected[i]!, JSON.stringify(convolution));
  });
});

test('nothing is left behind', () => {
  const [before, ids] = [tf.memory(), tf.backend().numDataIds()];
  tf.tidy(towardsInput);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  expect(tf.backend().numDataIds()).toBe(ids); // a kernel's own buffers are in no other count
});
