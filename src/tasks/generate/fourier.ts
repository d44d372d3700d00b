// A picture as waves: coefficients of cosines, long waves louder than short ones as in photographs, in colours
// whose axes are those along which photographs' pixels vary. Olah, Mordvintsev & Schubert 2017, "Feature Visualization",
// and its code, lucid (optvis/param/spatial.py and color.py). The inverse transform is two matrix products: H C Hᵀ.
import * as tf from '@tensorflow/tfjs-core';
import type { Bits } from '../../data/random.ts';
import { type Canvas, noise, parameterOf } from './canvas.ts';
import { logit } from './pixels.ts';
import { totalVariation } from './total-variation.ts';

/** lucid's square root of the covariance of ImageNet's colours: a row of red, green and blue each. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [0.26, 0.09, 0.02],
  [0.27, 0.0, -0.05],
  [0.27, -0.09, 0.03],
];
/** The length of its longest column, which lucid divides by. */
const LONGEST = Math.hypot(0.26, 0.27, 0.27);

export interface FourierSettings {
  /** The highest frequency, in waves across the picture. */
  waves: number;
  /** The power of 1 / frequency that a wave is as loud as. */
  decay: number;
  /** The weight of total variation. */
  variation: number;
  /** A picture to start from, [3, side, side], 0 … 1. */
  start?: Float32Array | undefined;
}

export function fourierCanvas(
  side: number,
  bits: Bits,
  { waves, decay, variation, start }: FourierSettings,
): Canvas {
  const count = 2 * waves + 1; // by halves, and the constant
  const shape: [number, number, number] = [3, count, count];
  const loudness = loudnessOf(count, decay);
  const grain = noise(bits, 0.05);
  const first = start ? coefficientsOf(start, side, count, loudness) : undefined;
  const values = parameterOf(
    shape,
    (filled) => tf.tensor(filled, shape),
    (i) => (first ? first[i]! : grain()),
  );
  return {
    parameters: new Map([['coefficients', values]]),
    learningRate: 0.05,
    draw(wanted) {
      const basis = tf.tile(tf.tensor3d(wavesAlong(wanted, count), [1, wanted, count]), [3, 1, 1]); // [3, S, K]
      const spectrum = tf.mul(values.value, tf.tensor(loudness, [1, count, count])); // [3, K, K]
      const uncoloured = tf.matMul(tf.matMul(basis, spectrum), basis, false, true); // [3, S, S]
      const matrix = tf.tensor2d(
        COLOURS.flat().map((value) => value / LONGEST),
        [3, 3],
      );
      const coloured = tf.matMul(matrix, tf.reshape(uncoloured, [3, wanted * wanted])); // [3, S²]
      return tf.sigmoid(tf.reshape(coloured, [3, wanted, wanted])) as tf.Tensor3D; // [3, S, S]
    },
    penalty: (picture) => tf.mul(totalVariation(picture), variation) as tf.Scalar,
  };
}

/**
 * An orthogonal basis, each wave's mean square 1, at the middles of `side` pixels: [side, count]. Cosines only, which are the
 * waves of the picture with its mirror images around it: with sines too, one edge would be the neighbour of the other, and
 * shapes grow across.
 */
function wavesAlong(side: number, count: number): Float32Array {
  return Float32Array.from({ length: side * count }, (_, i) => {
    const [at, k] = [Math.floor(i / count), i % count];
    return k === 0 ? 1 : Math.SQRT2 * Math.cos((2 * Math.PI * frequencyOf(k) * (at + 0.5)) / side);
  });
}

/** Waves across the picture: 0, ½, 1, 1½ … */
function frequencyOf(k: number): number {
  return k / 2;
}

/** How loud each pair of waves is, by the length of its frequency: [count, count]. */
function loudnessOf(count: number, decay: number): Float32Array {
  return Float32Array.from({ length: count * count }, (_, i) => {
    const frequency = Math.hypot(frequencyOf(Math.floor(i / count)), frequencyOf(i % count));
    return Math.max(frequency, 1) ** -decay;
  });
}

/** What a picture [3, S, S] is in these waves: [3, count, count]. Waves that the canvas has not are left out. */
function coefficientsOf(
  start: Float32Array,
  side: number,
  count: number,
  loudness: Float32Array,
): Float32Array {
  const result = tf.tidy(() => {
    const picture = tf.tensor2d(start.map(logit), [3, side * side]); // [3, S²]
    const axes = tf.tensor2d(inverse(COLOURS.map((row) => row.map((value) => value / LONGEST))), [3, 3]);
    const uncoloured = tf.reshape(tf.matMul(axes, picture), [3, side, side]); // [3, S, S]
    const basis = tf.tile(tf.tensor3d(wavesAlong(side, count), [1, side, count]), [3, 1, 1]); // [3, S, K]
    const spectrum = tf.matMul(tf.matMul(basis, uncoloured, true, false), basis); // [3, K, K]
    return tf.div(tf.div(spectrum, side * side), tf.tensor(loudness, [1, count, count]));
  });
  const values = result.dataSync() as Float32Array;
  result.dispose();
  return values;
}

/** Of a 3 × 3 matrix, by its cofactors. */
function inverse(m: readonly (readonly number[])[]): number[] {
  const cofactor = (row: number, column: number): number => {
    const [r1, r2] = [(row + 1) % 3, (row + 2) % 3];
    const [c1, c2] = [(column + 1) % 3, (column + 2) % 3];
    return m[r1]![c1]! * m[r2]![c2]! - m[r1]![c2]! * m[r2]![c1]!;
  };
  const determinant = m[0]!.reduce((sum, value, column) => sum + value * cofactor(0, column), 0);
  return Array.from({ length: 9 }, (_, i) => cofactor(i % 3, Math.floor(i / 3)) / determinant);
}
