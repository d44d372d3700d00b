// Between two models: the ends are the models, the middle is the mean, and what is between nothing is refused.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { Blend } from '../../src/finetune/blend.ts';
import { bestBetween } from '../../src/finetune/interpolate.node.ts';
import { CLIP } from '../../src/model/clip.ts';
import { initialize } from '../../src/train/initialize.ts';
import { TINY, TINY_RESNET, tinyModel, weightsOf } from '../train/support.ts';

beforeAll(() => startEngine('cpu'));

test.each([
  ['a ViT', TINY],
  ['a ResNet, its running statistics too', TINY_RESNET],
])('%s', (_, config) => {
  const [a, b] = [tinyModel(1, config), tinyModel(2, config)];
  for (const [name, parameter] of b.namedParameters()) {
    if (name.endsWith('running_mean')) tf.tidy(() => parameter.assign(tf.fill([...parameter.shape], 0.5)));
  }
  const [own, other] = [weightsOf(a), weightsOf(b)];
  const tensors = tf.memory().numTensors;
  const blend = new Blend(a, b);
  blend.set(0);
  expect(weightsOf(a)).toEqual(own);
  blend.set(1);
  expect(weightsOf(a)).toEqual(other);
  blend.set(0.25);
  for (const [name, values] of weightsOf(a)) {
    const expected = own.get(name)!.map((value, i) => 0.75 * value + 0.25 * other.get(name)![i]!);
    const furthest = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
    expect(furthest, name).toBeLessThan(1e-6); // of values up to 4.6: float32's own rounding
  }
  blend.release();
  expect(weightsOf(a)).toEqual(own);
  expect(weightsOf(b)).toEqual(other);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('models that differ are refused, naming how', () => {
  const a = tinyModel();
  const wider = new CLIP({ ...TINY, embed_dim: 24 });
  initialize(wider, 1);
  expect(() => new Blend(a, wider)).toThrow(
    /nothing between the two models: other shapes \(2\): text_projection \[64,16\] and \[64,24\], visual\.proj .*; other settings \(1\): embed_dim 16 and 24 \(the second is the first, trained on\)/,
  );
  const deeper = new CLIP({ ...TINY, transformer_layers: 2 });
  expect(() => new Blend(a, deeper)).toThrow(
    /only in the second \(12\): transformer\.resblocks\.1\..*, and 9 more/,
  );
  const other = new CLIP({ ...TINY, activation: 'gelu' });
  expect(() => new Blend(a, other)).toThrow(/other settings \(1\): activation "quick_gelu" and "gelu"/);
});

test('the best is the largest sum, the nearest to the first model of equal ones', () => {
  const point = (alpha: number, target: number, zeroshot: number) => ({ alpha, target, zeroshot });
  expect(bestBetween([point(0, 0.25, 0.75), point(0.5, 0.5, 0.75), point(1, 0.75, 0.5)])).toBe(1);
});
