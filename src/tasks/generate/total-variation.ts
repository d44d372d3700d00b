// How uneven a picture is: the mean step between neighbours (Mahendran & Vedaldi 2015, "Understanding Deep Image
// Representations by Inverting Them"). Plain areas with sharp edges have little of it, noise has much.
import * as tf from '@tensorflow/tfjs-core';

/** The mean step to the right and the mean step down, added: [3, S, S] → [], 0 … 2. */
export function totalVariation(picture: tf.Tensor3D): tf.Scalar {
  const shorter = picture.shape[1] - 1;
  const across = tf.sub(
    tf.slice(picture, [0, 0, 1], [-1, -1, shorter]),
    tf.slice(picture, [0, 0, 0], [-1, -1, shorter]),
  );
  const down = tf.sub(
    tf.slice(picture, [0, 1, 0], [-1, shorter, -1]),
    tf.slice(picture, [0, 0, 0], [-1, shorter, -1]),
  );
  return tf.add(tf.mean(tf.abs(across)), tf.mean(tf.abs(down)));
}
