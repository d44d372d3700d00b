import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../../../src/backend/engines.node.ts';
import { registerWasmTransposedMatMul } from '../../../../src/backend/kernels/wasm/transposed-mat-mul.ts';

/** Every way round, single and batched; `[a's shape, b's shape, transpose a, transpose b]`. */
const products = [
  [[3, 4], [4, 5], false, false],
  [[4, 3], [4, 5], true, false],
  [[3, 4], [5, 4], false, true],
  [[4, 3], [5, 4], true, true],
  [[1, 4, 3], [1, 4, 5], true, false],
  [[2, 3, 4], [2, 5, 4], false, true],
] as const;

function multiplyAll(): number[][] {
  return products.map(([a, b, transposeA, transposeB]) => {
    const count = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);
    const [left, right] = [a, b].map((shape) => tf.reshape(tf.sin(tf.range(0, count(shape))), [...shape]));
    return [...tf.matMul(left!, right!, transposeA, transposeB).dataSync()];
  });
}

test('transposed products are those of the cpu engine, and leave no tensor behind', async () => {
  await startEngine('cpu');
  const expected = tf.tidy(multiplyAll);
  await startEngine('wasm');
  registerWasmTransposedMatMul();
  const before = tf.memory();
  const found = tf.tidy(multiplyAll);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  found.forEach((values, i) => {
    expect(values.length).toBe(expected[i]!.length);
    values.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[i]![j]!, 5);
    });
  });
});
