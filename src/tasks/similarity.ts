// How alike texts and pictures are: the article's last snippet.
import * as tf from '@tensorflow/tfjs-core';
import { normalize } from '../model/ops.ts';

/** Cosines of every text with every picture: features [M, E] and [N, E], normalised or not → [M, N], each −1 … 1. */
export function similarity(textFeatures: tf.Tensor2D, imageFeatures: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const [texts, images] = [normalize(textFeatures), normalize(imageFeatures)] as [tf.Tensor2D, tf.Tensor2D];
    return tf.matMul(texts, images, false, true); // [M, N]
  });
}
