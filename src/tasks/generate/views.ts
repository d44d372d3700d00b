// The picture as an encoder gets to see it in one step: whole, and through random windows, a little brighter or darker and
// with noise. What deceives the encoder at one place and one size only does not survive them (Olah et al. 2017, "Feature
// Visualization": transformation robustness).
import * as tf from '@tensorflow/tfjs-core';
import { OPENAI_MEAN, OPENAI_STD } from '../../data/pictures/preprocess.ts';
import { type Bits, normal, uniform } from '../../data/random.ts';
import type { CLIPConfig } from '../../model/config.ts';
import type { Way } from './canvas.ts';
import { fillInterpolation } from './interpolation.ts';

export interface ViewOptions {
  /** Windows in a step; the first is the whole picture as it is. */
  count: number;
  /** The least and the largest side of a window, as a share of the picture's. Over 1, the picture's edge goes on. */
  sides: readonly [least: number, largest: number];
  /** The deviation of the noise added to every value, and of a view's brightness and contrast. */
  noise: number;
  light: number;
  /** Random plain grounds that a shape is put on beside its own; the windows are shared out among them. */
  grounds: number;
}

/** How far a window may reach over the edge beyond that, as a share of the picture. */
const SHIFT = 0.03;

/** How pictures are looked at while they are made. */
const FREE: ViewOptions = { count: 8, sides: [0.7, 1.15], noise: 0.2, light: 0.1, grounds: 0 };
/**
 * A shape has few ways to deceive: half as many windows do, two of them on another ground. Waves have to be seen the same
 * at half the size and at nearly three times that.
 */
export const VIEWS: Readonly<Record<Way, ViewOptions>> = {
  shapes: { ...FREE, count: 4, grounds: 1 },
  fourier: { ...FREE, sides: [0.5, 1.4] },
  pixels: FREE,
};
/** The encoder alone, and nothing against deceiving it: the baseline. */
export const WHOLE: ViewOptions = { count: 1, sides: [1, 1], noise: 0, light: 0, grounds: 0 };

/**
 * Random views of a picture [3, S, S], 0 … 1 → as the encoder takes them, [N, 3, R, R]. Differentiable by the picture.
 * The first is the whole picture as it is, unless `hasWhole` is false.
 */
export function viewsOf(
  picture: tf.Tensor3D,
  { image_resolution: side, image_mean = OPENAI_MEAN, image_std = OPENAI_STD }: Size,
  { count, sides, noise, light }: ViewOptions,
  bits: Bits,
  hasWhole: boolean = true,
): tf.Tensor4D {
  const isWhole = (view: number): boolean => hasWhole && view === 0;
  const length = picture.shape[1];
  const size = side * length;
  const [rows, columns] = [new Float32Array(count * size), new Float32Array(count * size)];
  for (let view = 0; view < count; view++) {
    const share = isWhole(view) ? 1 : between(bits, ...sides);
    const mirrored = !isWhole(view) && bits() % 2 === 0;
    for (const target of [rows, columns]) {
      const free = (1 - share) / 2;
      const start = isWhole(view) ? 0 : (free + (Math.abs(free) + SHIFT) * uniform(bits)) * length;
      const [from, span] = mirrored && target === columns ? [start + share * length, -share] : [start, share];
      const window = { length, count: side, start: from, span: span * length };
      fillInterpolation(target.subarray(view * size, (view + 1) * size), window);
    }
  }
  const across = tf.reshape(tf.transpose(picture, [1, 0, 2]), [length, 3 * length]); // [S, 3·S]
  const read = tf.matMul(tf.tensor2d(rows, [count * side, length]), across); // [N·R, 3·S]
  const lines = tf.reshape(read, [count, side * 3, length]); // [N, R·3, S]
  const seen = tf.matMul(lines, tf.tensor3d(columns, [count, side, length]), false, true); // [N, R·3, R]
  const views = tf.transpose(tf.reshape(seen, [count, side, 3, side]), [0, 2, 1, 3]); // [N, 3, R, R]

  const gain = rowOf(count, (view) => (isWhole(view) ? 1 : 1 + light * normal(bits))); // [N, 1, 1, 1]
  const shift = rowOf(count, (view) => (isWhole(view) ? 0 : light * normal(bits))); // [N, 1, 1, 1]
  const lit = tf.add(tf.mul(tf.sub(views, 0.5), gain), tf.add(shift, 0.5));
  const [mean, std] = [image_mean, image_std].map((values) => tf.tensor4d([...values], [1, 3, 1, 1]));
  const normalized = tf.div(tf.sub(lit, mean!), std!) as tf.Tensor4D; // [N, 3, R, R]
  if (noise === 0) return normalized;
  const grain = Float32Array.from({ length: count * 3 * side * side }, () => noise * normal(bits));
  return tf.add(normalized, tf.tensor4d(grain, [count, 3, side, side]));
}

type Size = Pick<CLIPConfig, 'image_resolution' | 'image_mean' | 'image_std'>;

function rowOf(count: number, value: (view: number) => number): tf.Tensor4D {
  return tf.tensor4d(
    Array.from({ length: count }, (_, view) => value(view)),
    [count, 1, 1, 1],
  );
}

function between(bits: Bits, low: number, high: number): number {
  return low + ((high - low) * (uniform(bits) + 1)) / 2;
}
