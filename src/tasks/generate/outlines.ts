// Outlines as a distance from a middle in every direction, and how far pixels are from it. A sum of waves around the circle:
// its logarithm, so that it is never negative, and bounded, so that it can neither leave the picture nor become spikes.
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../../model/module.ts';

/** Waves around an outline: five make a star, ten sharpen it. */
export const HARMONICS = 10;
/** The most that they change the logarithm of the distance by, either way. */
const SWING = 0.8;

export interface Outlines {
  /** Across and down, as shares of the picture: [K, 2]. */
  middle: tf.Tensor;
  /** The distance without waves, as a share of the picture: [K, 1]. */
  size: tf.Tensor;
  /** How strong each wave is: [K, HARMONICS] each. */
  cosines: Parameter;
  sines: Parameter;
}

/** Of every pixel and outline, the distance from its middle and that of the outline there, as shares of the picture: [K, S²]. */
export function outlines(
  { middle, size, cosines, sines }: Outlines,
  side: number,
): { distance: tf.Tensor; reach: tf.Tensor } {
  const [x, y] = [0, 1].map((axis) => {
    const places = Float32Array.from({ length: side * side }, (_, i) => {
      return ((axis === 0 ? i % side : Math.floor(i / side)) + 0.5) / side;
    });
    return tf.sub(tf.tensor2d(places, [1, side * side]), tf.slice(middle, [0, axis], [-1, 1])); // [K, S²]
  });
  const distance = tf.sqrt(tf.add(tf.add(tf.square(x!), tf.square(y!)), 1e-6)); // the root's gradient at 0 is infinite
  const [cosine, sine] = [tf.div(x!, distance), tf.div(y!, distance)];
  let [c, s] = [cosine, sine]; // of the direction, then of its multiples
  let waves: tf.Tensor = tf.scalar(0);
  for (let k = 0; k < HARMONICS; k++) {
    if (k > 0) {
      [c, s] = [tf.sub(tf.mul(c, cosine), tf.mul(s, sine)), tf.add(tf.mul(s, cosine), tf.mul(c, sine))];
    }
    const wave = tf.add(
      tf.mul(c, tf.slice(cosines.value, [0, k], [-1, 1])),
      tf.mul(s, tf.slice(sines.value, [0, k], [-1, 1])),
    );
    waves = tf.add(waves, wave); // [K, S²]
  }
  return { distance, reach: tf.mul(size, tf.exp(tf.mul(tf.tanh(tf.div(waves, SWING)), SWING))) };
}

/** One row of [K, S²]: [1, S²]. */
export function rowAt(rows: tf.Tensor, index: number): tf.Tensor {
  return tf.slice(rows, [index, 0], [1, -1]);
}
