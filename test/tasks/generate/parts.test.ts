// What a generation is made of: windows as matrices, the three canvases, structure, and what the judge is asked.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { bilinear, weights } from '../../../src/data/pictures/kernel.ts';
import type { Picture } from '../../../src/data/pictures/picture.ts';
import { randomBits } from '../../../src/data/random.ts';
import { shapesTest } from '../../../src/data/shapes/shapes.ts';
import { WAYS } from '../../../src/tasks/generate/canvas.ts';
import { fillInterpolation, gaussianRows } from '../../../src/tasks/generate/interpolation.ts';
import { labelIn } from '../../../src/tasks/generate/judge.ts';
import { makeCanvas } from '../../../src/tasks/generate/make-canvas.ts';
import { planesOf, structureKept } from '../../../src/tasks/generate/structure.ts';
import { viewsOf, WHOLE } from '../../../src/tasks/generate/views.ts';
import { backward } from '../../../src/train/backward.ts';

beforeAll(() => startEngine('cpu'));

const START = shapesTest().image(658);
const PLAIN = { image_resolution: 6, image_mean: [0, 0, 0], image_std: [1, 1, 1] } as const;

function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

describe('a window as a matrix', () => {
  test('is the identity where nothing changes, and its rows always sum to 1', () => {
    const same = new Float32Array(25);
    fillInterpolation(same, { length: 5, count: 5, start: 0, span: 5 });
    expect([...same]).toEqual(Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)));
    const outside = new Float32Array(4 * 5);
    fillInterpolation(outside, { length: 5, count: 4, start: -3.3, span: 10.7 });
    for (const rows of [outside, gaussianRows(5, 0.7).subarray(0, 20)]) {
      const sums = [0, 1, 2, 3].map((row) => rows.subarray(5 * row, 5 * row + 5).reduce((a, b) => a + b, 0));
      expect(apart(sums, [1, 1, 1, 1])).toBeLessThan(1e-6);
    }
  });

  test('has the weights of Pillow’s bilinear, away from the edges', () => {
    for (const [length, count] of [
      [12, 5],
      [7, 16],
    ] as const) {
      const ours = new Float32Array(count * length);
      fillInterpolation(ours, { length, count, start: 0, span: length });
      const theirs = weights(length, count, 0, count, bilinear);
      for (let row = 2; row < count - 2; row++) {
        const dense = new Float32Array(length);
        for (let i = 0; i < theirs.length[row]!; i++) {
          dense[theirs.start + theirs.first[row]! + i] = theirs.values[row * theirs.stride + i]!;
        }
        expect(apart(ours.subarray(row * length, (row + 1) * length), dense)).toBeLessThan(1e-6);
      }
    }
  });
});

describe('views', () => {
  const picture = (): tf.Tensor3D =>
    tf.tensor3d(
      Float32Array.from({ length: 3 * 36 }, (_, i) => ((i * 37) % 101) / 100),
      [3, 6, 6],
    );

  test('the whole picture is seen as it is, the others are not', () => {
    const values = picture();
    const whole = viewsOf(values, PLAIN, WHOLE, randomBits(1)).dataSync();
    expect(apart(whole, values.dataSync())).toBeLessThan(1e-6);
    const many = viewsOf(
      values,
      PLAIN,
      { count: 3, sides: [0.5, 1.2], noise: 0, light: 0, grounds: 0 },
      randomBits(1),
    );
    expect(many.shape).toEqual([3, 3, 6, 6]);
    const [first, second, third] = [0, 1, 2].map((i) => many.dataSync().subarray(108 * i, 108 * (i + 1)));
    expect(apart(first!, values.dataSync())).toBeLessThan(1e-6);
    expect(apart(second!, third!)).toBeGreaterThan(0.05);
    const [least, largest] = [Math.min(...many.dataSync()), Math.max(...many.dataSync())];
    expect(least).toBeGreaterThanOrEqual(0); // an average of what is there
    expect(largest).toBeLessThanOrEqual(1);
  });

  test('a window’s gradient is the matrices’ transpose: a difference quotient says the same', () => {
    const options = { count: 2, sides: [0.5, 1.2], noise: 0, light: 0.1, grounds: 0 } as const;
    const loss = (values: tf.Tensor3D): tf.Scalar =>
      tf.sum(tf.square(viewsOf(values, PLAIN, options, randomBits(5))));
    const variable = tf.variable(picture());
    const { gradients } = backward(() => loss(variable as tf.Tensor3D), [variable as tf.Variable]);
    const found = gradients[0]!.dataSync();
    for (const at of [0, 21, 70, 107]) {
      const moved = (by: number): number => {
        const values = picture().dataSync().slice();
        values[at] = values[at]! + by;
        return loss(tf.tensor3d(values, [3, 6, 6])).dataSync()[0]!;
      };
      expect(Math.abs((moved(0.05) - moved(-0.05)) / 0.1 - found[at]!)).toBeLessThan(0.01); // quadratic: only rounding
    }
  });
});

describe('a canvas', () => {
  const made = (by: (typeof WAYS)[number], start?: Float32Array) =>
    makeCanvas(by, { side: 40, bits: randomBits(3), variation: 1, start });

  test.each(WAYS)('by %s shows the same picture at every size, every value 0 … 1, and learns', (by) => {
    const canvas = made(by);
    const [small, large] = [canvas.draw(40), canvas.draw(80)];
    expect([small.shape, large.shape]).toEqual([
      [3, 40, 40],
      [3, 80, 80],
    ]);
    const values = large.dataSync();
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    const halved = tf.avgPool(tf.transpose(large, [1, 2, 0]) as tf.Tensor3D, 2, 2, 'valid'); // [40, 40, 3]
    const original = tf.transpose(small, [1, 2, 0]).dataSync();
    expect(apart(halved.dataSync(), original)).toBeLessThan(0.06);

    const { gradients } = backward(
      () => tf.mean(tf.square(canvas.draw(12))),
      [...canvas.parameters.values()].map(({ value }) => value),
    );
    for (const gradient of gradients) {
      expect(gradient!.dataSync().some((value) => value !== 0)).toBe(true);
      expect(gradient!.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  test('by pixels starts as the picture it is given, by fourier as its longer waves', () => {
    const planes = planesOf(START, 40);
    const drawn = made('pixels', planes).draw(40).dataSync();
    expect(apart(drawn, planes)).toBeLessThan(0.011); // black and white are kept a hundredth away from their ends
    const waves = made('fourier', planes).draw(64).dataSync();
    const bytes = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, i) => 255 * waves[(i % 3) * 64 * 64 + Math.floor(i / 3)]!,
    );
    const picture: Picture = { mode: 'RGB', width: 64, height: 64, data: bytes };
    expect(structureKept(picture, START, 40)).toBeGreaterThan(0.97);
  });
});

test('structure: 1 of a picture with itself, −1 with its negative, near 0 with a plain one', () => {
  const rgb = { ...START, data: START.data as Uint8Array };
  const negative = { ...rgb, data: rgb.data.map((value) => 255 - value) };
  const plain = { ...rgb, data: rgb.data.map(() => 90) };
  expect(structureKept(rgb, rgb, 40)).toBeCloseTo(1, 3);
  expect(structureKept(negative, rgb, 40)).toBeCloseTo(-1, 3);
  expect(Math.abs(structureKept(plain, rgb, 40))).toBeLessThan(0.01);
});

test('the label that a text names is the longest whose words it has', () => {
  const labels = ['star', 'blue star', 'star blue', 'blue stars', 'ring'];
  expect(labelIn('A photo of a Blue  star!', labels)).toBe('blue star');
  expect(labelIn('a starling', labels)).toBeUndefined();
  expect(labelIn('an ear-ring', labels)).toBe('ring');
});
