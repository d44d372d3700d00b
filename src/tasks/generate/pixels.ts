// A picture as its pixels: [3, S, S] numbers through a sigmoid, held together by total variation.
import * as tf from '@tensorflow/tfjs-core';
import type { Bits } from '../../data/random.ts';
import { type Canvas, noise, parameterOf } from './canvas.ts';
import { fillInterpolation } from './interpolation.ts';
import { totalVariation } from './total-variation.ts';

/** `variation` is the weight of total variation: 0 leaves every pixel to itself. `start` [3, S, S], 0 … 1: a picture to start from. */
export function pixelCanvas(
  side: number,
  bits: Bits,
  { variation, start }: { variation: number; start?: Float32Array | undefined },
): Canvas {
  const shape: [number, number, number] = [3, side, side];
  const grain = noise(bits, 0.05);
  const values = parameterOf(
    shape,
    (filled) => tf.tensor(filled, shape),
    (i) => (start ? logit(start[i]!) : grain()),
  );
  return {
    parameters: new Map([['pixels', values]]),
    learningRate: 0.1,
    draw(wanted) {
      const picture = tf.sigmoid(values.value) as tf.Tensor3D; // [3, S, S]
      return wanted === side ? picture : resized(picture, wanted);
    },
    penalty: (picture) => tf.mul(totalVariation(picture), variation) as tf.Scalar,
  };
}

/** What the sigmoid turns into `value`; black and white would be infinite. */
export function logit(value: number): number {
  const inside = Math.min(0.99, Math.max(0.01, value));
  return Math.log(inside / (1 - inside));
}

/** [3, S, S] → [3, side, side], bilinear. */
function resized(picture: tf.Tensor3D, side: number): tf.Tensor3D {
  const length = picture.shape[1];
  const rows = new Float32Array(side * length);
  fillInterpolation(rows, { length, count: side, start: 0, span: length });
  const matrix = tf.tile(tf.tensor3d(rows, [1, side, length]), [3, 1, 1]); // [3, side, S]
  return tf.matMul(tf.matMul(matrix, picture), matrix, false, true); // [3, side, side]
}
