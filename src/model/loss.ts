// The symmetric contrastive loss (CLIP paper, figure 3): every picture must pick its own text out of the batch,
// and every text its own picture.
import * as tf from '@tensorflow/tfjs-core';
import type { Logits } from './clip.ts';

/** The mean of both cross-entropies, a scalar in nats. Row i of the pictures belongs to row i of the texts (N = M). */
export function contrastiveLoss({ logits_per_image, logits_per_text }: Logits): tf.Scalar {
  const [images, texts] = logits_per_image.shape;
  if (images !== texts)
    throw new Error(`contrastive loss: expected as many texts as pictures, got ${images}, ${texts}`);
  return tf.tidy(() => tf.div(tf.add(ownLoss(logits_per_image), ownLoss(logits_per_text)), 2));
}

/** Cross-entropy with the diagonal as the truth: [N, N] → scalar. */
function ownLoss(logits: tf.Tensor2D): tf.Tensor {
  const count = logits.shape[0];
  const own = tf.mul(tf.logSoftmax(logits), tf.eye(count)); // [N, N], zero off the diagonal
  return tf.neg(tf.div(tf.sum(own), count));
}
