import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { TrainingState, train } from '../../src/train/loop.ts';
import { OPTIONS, randomBatch, tinyModel, weightsOf } from './support.ts';

beforeAll(() => startEngine('cpu'));

test('reports every step, and keeps no tensor of it', async () => {
  const model = tinyModel();
  const state = new TrainingState(model, { ...OPTIONS, steps: 4, warmup: 2 });
  const tensors: number[] = [];
  const steps: number[] = [];
  await train(state, randomBatch, ({ step, loss, accuracy, pairs }) => {
    steps.push(step);
    tensors.push(tf.memory().numTensors);
    expect(loss).toBeGreaterThan(0);
    expect(accuracy).toBeGreaterThanOrEqual(0);
    expect(accuracy).toBeLessThanOrEqual(1);
    expect(pairs).toBe(4);
  });
  expect(steps).toEqual([0, 1, 2, 3]);
  expect(new Set(tensors).size).toBe(1);
  state.release();
  releaseModel(model);
});

test('a batch of 1 is refused, with why', async () => {
  const model = tinyModel();
  const state = new TrainingState(model, OPTIONS);
  const before = tf.memory().numTensors;
  await expect(train(state, (step) => randomBatch(step, 1))).rejects.toThrow(
    /batch of step 0: expected at least 2 pairs, got 1 \(.*contrastive loss is 0/,
  );
  expect(tf.memory().numTensors).toBe(before);
  expect(state.step).toBe(0);
  state.release();
  releaseModel(model);
});

test('a loss that is no number stops the training, names the step and leaves the weights alone', async () => {
  const model = tinyModel();
  const state = new TrainingState(model, OPTIONS);
  const poisoned = (step: number) => {
    const batch = randomBatch(step);
    if (step < 2) return batch;
    const images = tf.mul(batch.images, Number.NaN) as tf.Tensor4D;
    batch.images.dispose();
    return { ...batch, images };
  };
  let weights = weightsOf(model);
  const onStep = () => {
    weights = weightsOf(model);
  };
  await expect(train(state, poisoned, onStep)).rejects.toThrow(/the loss of step 2 is NaN/);
  expect(state.step).toBe(2);
  expect(weightsOf(model)).toEqual(weights);
  state.release();
  releaseModel(model);
});

test.each([
  [{ steps: 0 }, /training steps: expected a whole number from 1, got 0/],
  [{ warmup: 20 }, /warm-up: expected 0 to 19 steps/],
  [{ learningRate: -1 }, /learning rate: expected a number over 0, got -1/],
])('options that cannot be: %o', (changed, message) => {
  const model = tinyModel();
  expect(() => new TrainingState(model, { ...OPTIONS, ...changed })).toThrow(message);
  releaseModel(model);
});
