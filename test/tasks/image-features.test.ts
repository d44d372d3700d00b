// Features before the last projection: projected, they are the model's own answer.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import { featureWidth, imageFeatures, projectFeatures } from '../../src/tasks/image-features.ts';
import { fixtureModel, relativeError } from '../support.ts';

test.each(['tiny-vit.pt', 'tiny-rn.pt'])('%s', async (file) => {
  await startEngine('wasm');
  const model = await fixtureModel(file);
  const side = model.config.image_resolution;
  const bits = randomBits(1);
  const images = tf.tensor4d(
    Float32Array.from({ length: 3 * 3 * side * side }, () => normal(bits)),
    [3, 3, side, side],
  );
  const before = tf.memory().numTensors;
  const inner = imageFeatures(model, images, 'before');
  expect(inner.shape).toEqual([3, featureWidth(model, 'before')]);
  expect(tf.memory().numTensors).toBe(before + 1);
  const outer = imageFeatures(model, images, 'after');
  expect(outer.shape).toEqual([3, featureWidth(model, 'after')]);
  expect(relativeError(projectFeatures(model, inner), outer)).toBeLessThan(1e-6); // float32's own rounding
});
