// The backward pass against TensorFlow.js's own: the same gradients, and nothing left behind.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { afterEach, beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { backward } from '../../src/train/backward.ts';

let variables: tf.Variable[];

beforeAll(async () => {
  await startEngine('cpu');
});

afterEach(() => tf.dispose(variables));

/** Uses a tensor several times, an input twice in one operation, an operation of several answers, one of which is unused. */
function loss([a, b]: readonly tf.Tensor[]): tf.Scalar {
  const product = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D); // [2, 4]
  const [left] = tf.split(product, 2, 1); // [2, 2]
  const both = tf.concat([left!, tf.square(a!), left!], 1); // [2, 7]
  return tf.sum(tf.mul(both, tf.add(both, tf.sum(a!)))) as tf.Scalar;
}

test('has the gradients of tf.variableGrads, and leaves as many tensors', () => {
  variables = [
    [2, 3],
    [3, 4],
  ].map((shape, i) => tf.variable(tf.sin(tf.reshape(tf.range(i, i + shape[0]! * shape[1]!), shape))));
  const expected = tf.variableGrads(() => loss(variables), variables);
  const before = tf.memory().numTensors;
  const { value, gradients } = backward(() => loss(variables), variables);
  expect(tf.memory().numTensors).toBe(before + 1 + variables.length);
  expect(value.dataSync()[0]).toBe(expected.value.dataSync()[0]);
  gradients.forEach((gradient, i) => {
    expect([...gradient!.dataSync()]).toEqual([...expected.grads[variables[i]!.name]!.dataSync()]);
  });
});

test('a variable that the loss does not depend on has none, nor has what is not asked for', () => {
  variables = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(5)), tf.variable(tf.scalar(7))];
  const [used, unused, unasked] = variables as [tf.Variable, tf.Variable, tf.Variable];
  const { gradients } = backward(() => tf.mul(tf.square(used), unasked) as tf.Scalar, [used, unused]);
  expect(gradients.map((gradient) => gradient?.dataSync()[0])).toEqual([42, undefined]);
});

test('is ready for the next one after a forward pass that throws', () => {
  variables = [tf.variable(tf.scalar(3))];
  const before = tf.memory().numTensors;
  const broken = (): tf.Scalar => {
    tf.square(variables[0]!);
    throw new Error('in the middle');
  };
  expect(() => backward(broken, variables)).toThrow('in the middle');
  expect(tf.memory().numTensors).toBe(before);
  const { gradients } = backward(() => tf.square(variables[0]!) as tf.Scalar, variables);
  expect(gradients[0]!.dataSync()[0]).toBe(6);
});
