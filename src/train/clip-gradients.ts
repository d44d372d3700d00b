// How long all gradients together are, and how they are shortened. Stands beside torch.nn.utils.clip_grad_norm_.
import * as tf from '@tensorflow/tfjs-core';

/** The root of the sum of all squares, a scalar: no number where one gradient has none. */
export function gradientNorm(gradients: ReadonlyMap<string, tf.Tensor>): tf.Scalar {
  return tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.tidy(() => tf.sum(tf.square(gradient))));
    return tf.sqrt(tf.addN(squares)) as tf.Scalar;
  });
}

/** Multiplies every gradient by what makes their norm `most`, where it is more; PyTorch's arithmetic. */
export function clipGradients(gradients: Map<string, tf.Tensor>, norm: number, most: number): void {
  const factor = most / (norm + 1e-6);
  if (factor >= 1) return;
  for (const [name, gradient] of gradients) {
    gradients.set(name, tf.mul(gradient, factor));
    gradient.dispose();
  }
}
