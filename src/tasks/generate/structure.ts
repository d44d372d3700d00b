// Where a picture is light and where dark, coarsely: what "near a picture" holds on to while a text changes the rest.
import * as tf from '@tensorflow/tfjs-core';
import { cropPicture } from '../../data/pictures/crop.ts';
import type { Picture } from '../../data/pictures/picture.ts';
import { gaussianRows } from './interpolation.ts';

/** How much of red, green and blue is in a grey (Rec. 601). */
const GREY = [0.299, 0.587, 0.114] as const;
/** Of the blur, as a share of the picture: details smaller than this are free. */
const BLUR = 0.03;

/** A picture's middle square as the canvases have theirs: [3, side, side], 0 … 1. */
export function planesOf(picture: Picture, side: number): Float32Array {
  const rgb = cropPicture(picture, side); // [side, side, 3]
  const pixels = side * side;
  return Float32Array.from(
    { length: 3 * pixels },
    (_, i) => rgb[(i % pixels) * 3 + Math.floor(i / pixels)]! / 255,
  );
}

/** The blurred luminance of a picture [3, S, S]: [S, S]. Differentiable. */
function luminance(picture: tf.Tensor3D): tf.Tensor2D {
  const side = picture.shape[1];
  const grey = tf.reshape(tf.matMul(tf.tensor2d([...GREY], [1, 3]), tf.reshape(picture, [3, -1])), [
    side,
    side,
  ]); // [S, S]
  const blur = tf.tensor2d(gaussianRows(side, BLUR * side), [side, side]);
  return tf.matMul(tf.matMul(blur, grey as tf.Tensor2D), blur, false, true); // [S, S]
}

/**
 * 1 − the correlation of two pictures' blurred luminance, 0 … 2: [3, S, S] twice → []. A correlation, so that a light shape
 * on a dark ground may become another light shape in other shades.
 */
export function structureLoss(picture: tf.Tensor3D, start: tf.Tensor3D): tf.Scalar {
  const [a, b] = [picture, start].map((one) => {
    const light = luminance(one);
    return tf.sub(light, tf.mean(light));
  }) as [tf.Tensor, tf.Tensor];
  const lengths = tf.sqrt(tf.add(tf.mul(tf.sum(tf.square(a)), tf.sum(tf.square(b))), 1e-8)); // a plain picture has none
  return tf.sub(1, tf.div(tf.sum(tf.mul(a, b)), lengths)) as tf.Scalar;
}

/** The correlation of two pictures' luminance, −1 … 1, at `side` pixels and blurred as above. */
export function structureKept(picture: Picture, start: Picture, side: number): number {
  const loss = tf.tidy(() => {
    const [a, b] = [picture, start].map((one) => tf.tensor3d(planesOf(one, side), [3, side, side]));
    return structureLoss(a!, b!);
  });
  const [value] = loss.dataSync();
  loss.dispose();
  return 1 - value!;
}
