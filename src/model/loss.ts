// The symmetric contrastive loss (CLIP paper, figure 3): every picture must pick its own text out of the batch,
// and every text its own picture.
import * as tf from '@tensorflow/tfjs-core';
import type { Logits } from './clip.ts';

/**
 * The mean of both cross-entropies, a scalar in nats. Row i of the pictures belongs to row i of the texts (N = M).
 * Where several rows say the same, as in a batch with two cats, `targets` [N, N] shares the truth out among them: each
 * row sums to 1, and is symmetric (UniCL, Yang et al. 2022). The diagonal unless given.
 */
export function contrastiveLoss(
  { logits_per_image, logits_per_text }: Logits,
  targets?: tf.Tensor2D,
): tf.Scalar {
  const [images, texts] = logits_per_image.shape;
  if (images !== texts)
    throw new Error(`contrastive loss: expected as many texts as pictures, got ${images}, ${texts}`);
  return tf.tidy(() => {
    const truth = targets ?? tf.eye(images); // [N, N]
    return tf.div(tf.add(crossEntropy(logits_per_image, truth), crossEntropy(logits_per_text, truth)), 2);
  });
}

/** The mean over the rows: logits and truth [N, N] → scalar. */
function crossEntropy(logits: tf.Tensor2D, truth: tf.Tensor): tf.Tensor {
  return tf.neg(tf.div(tf.sum(tf.mul(tf.logSoftmax(logits), truth)), logits.shape[0]));
}
