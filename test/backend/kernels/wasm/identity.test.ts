// Clones on wasm: the same numbers in the same memory, until the last owner is gone.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../../../src/backend/engines.node.ts';
import { registerWasmIdentity } from '../../../../src/backend/kernels/wasm/identity.ts';

test('a clone takes no memory, outlives its original, and does not see what is assigned to that', async () => {
  await startEngine('wasm');
  registerWasmIdentity();
  const original = tf.variable(tf.square(tf.range(0, 5)));
  const buffers = tf.memory().numDataBuffers;
  const clone = tf.clone(original);
  expect(tf.memory().numDataBuffers).toBe(buffers);
  original.assign(tf.zeros([5]));
  expect([...clone.dataSync()]).toEqual([0, 1, 4, 9, 16]);
  original.dispose();
  expect([...tf.add(clone, tf.clone(clone)).dataSync()]).toEqual([0, 2, 8, 18, 32]);
  clone.dispose();
  expect(() => clone.dataSync()).toThrow(/disposed/);
});
