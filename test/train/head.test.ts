// A head learned around the texts': how sure the texts are made, what a few pictures change, what they do not.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import { validate } from '../../src/train/choose-c.ts';
import { chooseHeadC, fitHead, scaleFor } from '../../src/train/head.ts';
import type { Examples } from '../../src/train/logistic-regression.ts';

beforeAll(() => startEngine('wasm'));

const [CLASSES, WIDTH] = [3, 12];

/** The texts' rows: class i is axis i. */
const ROWS = Float32Array.from({ length: CLASSES * WIDTH }, (_, i) => (i % (WIDTH + 1) === 0 ? 1 : 0));

/** Pictures of class 2 lie along axis 5 more than along the axis of its name; the others where their names say. */
function pictures(seed: number, perClass: number): Examples {
  const bits = randomBits(seed);
  const labels = Array.from({ length: perClass * CLASSES }, (_, i) => i % CLASSES);
  const features = new Float32Array(labels.length * WIDTH);
  labels.forEach((label, row) => {
    for (let i = 0; i < WIDTH; i++) features[row * WIDTH + i] = 0.5 * normal(bits);
    features[row * WIDTH + label]! += label === 2 ? 0.3 : 1.5;
    if (label === 2) features[row * WIDTH + 5]! += 1.5;
  });
  return { features, labels, classes: CLASSES };
}

/** Rows at length 1, as the head wants them. */
function unit(examples: Examples): Examples {
  const features = examples.features.slice();
  for (let row = 0; row < features.length; row += WIDTH) {
    const length = Math.hypot(...features.subarray(row, row + WIDTH));
    for (let i = row; i < row + WIDTH; i++) features[i]! /= length;
  }
  return { ...examples, features };
}

const accuracy = async (weight: Float32Array, examples: Examples): Promise<number> =>
  (await validate({ weight, bias: new Float32Array(CLASSES) }, unit(examples))).accuracy;

test('a few pictures correct what the texts get wrong', async () => {
  const test = pictures(9, 200);
  const tensors = tf.memory().numTensors;
  const before = await accuracy(ROWS, test);
  const few = await accuracy((await fitHead(pictures(1, 4), ROWS)).weight, test);
  const many = await accuracy((await fitHead(pictures(1, 100), ROWS)).weight, test);
  expect(few).toBeGreaterThan(before + 0.05);
  expect(many).toBeGreaterThan(few);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('where next to nothing may change, the head is the texts’', async () => {
  const { weight, scale } = await fitHead(pictures(1, 4), ROWS, 1e-9);
  expect(scale).toBeGreaterThan(1);
  weight.forEach((value, i) => {
    expect(value).toBeCloseTo(scale * ROWS[i]!, 5);
  });
});

test('the same pictures make the same head, in whatever length their features come', async () => {
  const examples = pictures(1, 6);
  const longer = { ...examples, features: examples.features.map((value) => 4 * value) };
  const [a, b] = [await fitHead(examples, ROWS), await fitHead(examples, ROWS)];
  expect(a).toEqual(b);
  const c = await fitHead(longer, ROWS); // a power of two changes no digit
  expect(c.weight).toEqual(a.weight);
});

test('the scale is the one with the least loss, 1 … 100', async () => {
  const bits = randomBits(4);
  const labels = Array.from({ length: 50 }, (_, i) => i % CLASSES);
  const cosines = Float32Array.from(
    { length: 50 * CLASSES },
    (_, i) => 0.1 * normal(bits) + (i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 0.1 : 0),
  );
  const loss = async (scale: number): Promise<number> => {
    const known = cosines.map((cosine) => scale * cosine);
    const nothing = { features: new Float32Array(50), labels, classes: CLASSES, known };
    const zeros = { weight: new Float32Array(CLASSES), bias: new Float32Array(CLASSES) };
    return 50 * (await validate(zeros, nothing)).loss + Math.log(scale / 20) ** 2;
  };
  const scale = scaleFor(cosines, labels, CLASSES);
  const least = await loss(scale);
  for (const other of [1, scale / 1.3, scale * 1.3, 100]) expect(await loss(other)).toBeGreaterThan(least);
  // Texts that are always right could be as sure as they liked; those that are always wrong should say nothing.
  const right = Float32Array.from(cosines, (_, i) =>
    i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 1 : 0,
  );
  expect(scaleFor(right, labels, CLASSES)).toBeGreaterThan(19);
  expect(
    scaleFor(
      right.map((cosine) => -cosine),
      labels,
      CLASSES,
    ),
  ).toBeCloseTo(1, 2);
});

test('C is chosen for what is learned beside the texts', async () => {
  const { c, accuracy: found } = await chooseHeadC(pictures(1, 100), pictures(2, 100), ROWS);
  const { weight } = await fitHead(pictures(1, 100), ROWS, c);
  expect(Math.abs((await accuracy(weight, pictures(2, 100))) - found)).toBeLessThanOrEqual(0.02);
  expect(c).toBeGreaterThan(0.1);
});
