import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { contrastiveLoss } from '../../src/model/loss.ts';
import { CONV_ORDER, LINEAR_ORDER, Parameter, withTap } from '../../src/model/module.ts';
import { gelu, layerNorm, normalize, quickGelu } from '../../src/model/ops.ts';
import { fixtureModel } from '../support.ts';

beforeAll(() => startEngine('cpu'));

describe('a parameter', () => {
  test.each<[shape: readonly number[], order: readonly number[] | undefined]>([
    [[2, 3], LINEAR_ORDER],
    [[4, 3, 2, 2], CONV_ORDER],
    [[5], undefined],
  ])('of shape %j comes back in PyTorch’s order', (shape, order) => {
    const parameter = new Parameter(shape, order ? { order } : {});
    const values = tf.range(
      0,
      shape.reduce((a, b) => a * b),
    );
    const given = tf.reshape(values, [...shape]);
    parameter.assign(given);
    expect(parameter.value.shape).toEqual((order ?? [0]).map((axis) => shape[axis]));
    expect(parameter.read().arraySync()).toEqual(given.arraySync());
  });

  test('takes a tensor in stored order too, and leaves the given one to the caller', () => {
    const parameter = new Parameter([2, 3], { order: LINEAR_ORDER });
    for (const numbers of [
      [0, 3, 1, 4, 2, 5],
      [6, 9, 7, 10, 8, 11],
    ]) {
      const before = tf.memory().numTensors - (parameter.hasValue ? 1 : 0);
      const given = tf.tensor2d(numbers, [3, 2]);
      parameter.assignStored(given);
      given.dispose();
      expect([...parameter.value.dataSync()]).toEqual(numbers);
      expect(tf.memory().numTensors).toBe(before + 1);
    }
    const read = parameter.read();
    expect([...read.dataSync()]).toEqual([6, 7, 8, 9, 10, 11]);
    read.dispose();
    parameter.release();
  });

  test('refuses another shape, and says so before it has a value', () => {
    const parameter = new Parameter([2, 3], { order: LINEAR_ORDER });
    expect(() => parameter.value).toThrow('load a checkpoint first');
    expect(() => parameter.assign(tf.zeros([3, 2]))).toThrow('shape [2,3] was given a tensor of shape [3,2]');
    expect(() => parameter.assignStored(tf.zeros([2, 3]))).toThrow(
      'shape [3,2] was given a tensor of shape [2,3]',
    );
  });
});

test('a model leaves nothing behind', async () => {
  const before = tf.memory().numTensors;
  const model = await fixtureModel('tiny-vit.pt');
  const loaded = tf.memory().numTensors;
  expect(loaded - before).toBe([...model.namedParameters()].length);
  const [image, text] = [tf.zeros([2, 3, 32, 32]) as tf.Tensor4D, tf.zeros([2, 16], 'int32') as tf.Tensor2D];
  const seen: string[] = [];
  tf.dispose(
    withTap(
      (name) => seen.push(name),
      () => model.call(image, text),
    ),
  );
  expect(seen).toContain('visual.transformer.resblocks.0.attn.probs');
  tf.dispose([image, text]);
  expect(tf.memory().numTensors).toBe(loaded);
  releaseModel(model);
  expect(tf.memory().numTensors).toBe(before);
});

test('rows of a batch do not see each other', async () => {
  const model = await fixtureModel('tiny-vit.pt');
  const batch = tf.randomNormal([3, 3, 32, 32], 0, 1, 'float32', 7) as tf.Tensor4D;
  const together = model.encodeImage(batch);
  const alone = model.encodeImage(tf.slice(batch, [1, 0, 0, 0], [1, -1, -1, -1]));
  expect(tf.max(tf.abs(tf.sub(tf.slice(together, [1, 0], [1, -1]), alone))).dataSync()[0]).toBeLessThan(1e-5);
});

describe('formulas', () => {
  const x = [-3, -1, -0.1, 0, 0.1, 1, 3];

  test('GELU against a fine sum over the normal density', () => {
    const phi = (t: number): number => {
      const steps = 20_000;
      let area = 0;
      for (let i = 0; i < steps; i++) area += Math.exp(-((((i + 0.5) * t) / steps) ** 2) / 2) * (t / steps);
      return 0.5 + area / Math.sqrt(2 * Math.PI);
    };
    const values = gelu(tf.tensor1d(x)).dataSync();
    x.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value * phi(value), 6);
    });
  });

  test('QuickGELU', () => {
    const values = quickGelu(tf.tensor1d(x)).dataSync();
    x.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value / (1 + Math.exp(-1.702 * value)), 6);
    });
  });

  test('layer normalisation', () => {
    const y = layerNorm(
      tf.tensor2d([[1, 2, 3, 6]]),
      tf.tensor1d([1, 1, 1, 2]),
      tf.tensor1d([0, 0, 0, 1]),
      1e-5,
    );
    const spread = Math.sqrt(3.5 + 1e-5); // mean 3, variance 3.5
    const expected = [-2 / spread, -1 / spread, 0, 1 + 6 / spread];
    y.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
  });

  test('a normalised row has length 1', () => {
    expect(normalize(tf.tensor2d([[3, 4]])).dataSync()).toEqual(Float32Array.of(0.6, 0.8));
  });
});

describe('the contrastive loss', () => {
  const logits = (values: number[][]) => {
    const logits_per_image = tf.tensor2d(values);
    return { logits_per_image, logits_per_text: tf.transpose(logits_per_image) as tf.Tensor2D };
  };

  test('is ln N when nothing is known', () => {
    expect(contrastiveLoss(logits([[1, 1], [1, 1]])).dataSync()[0]).toBeCloseTo(Math.LN2, 6); // biome-ignore format: a matrix
  });

  test('is the mean of both directions', () => {
    const row = (a: number, b: number): number => -Math.log(Math.exp(a) / (Math.exp(a) + Math.exp(b)));
    const expected = (row(2, 1) + row(3, 0) + row(2, 0) + row(3, 1)) / 4;
    expect(contrastiveLoss(logits([[2, 1], [0, 3]])).dataSync()[0]).toBeCloseTo(expected, 6); // biome-ignore format: a matrix
  });

  test('wants as many texts as pictures', () => {
    expect(() => contrastiveLoss(logits([[1, 2]]))).toThrow('as many texts as pictures, got 1, 2');
  });
});
