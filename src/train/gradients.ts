// Pictures [N, 3, R, R] and their texts [N, L] → the contrastive loss, and its gradient for every parameter by name.
// Stands beside loss.backward(), after which each PyTorch parameter has its .grad.
import * as tf from '@tensorflow/tfjs-core';
// Not for its layers: this import is what registers TensorFlow.js's gradients. The Node bundle of tfjs-core leaves
// them out, and without them every backward pass ends in "gradient function not found".
import '@tensorflow/tfjs-layers';
import { registerWasmKernels } from '../backend/kernels/wasm.ts';
import type { CLIP } from '../model/clip.ts';
import { contrastiveLoss } from '../model/loss.ts';
import type { Parameter } from '../model/module.ts';

/** Pictures, float32 [N, 3, R, R], and the text of each, int32 [N, L]. */
export interface Batch {
  images: tf.Tensor4D;
  tokens: tf.Tensor2D;
}

export interface LossAndGradients {
  /** In nats; ln N is chance. */
  loss: tf.Scalar;
  /** The share of pictures whose own text is the nearest of the batch, 0 … 1. */
  accuracy: tf.Scalar;
  /** By state-dict name, in the parameters' stored order. */
  gradients: Map<string, tf.Tensor>;
}

/** What a training changes: batch norm's running statistics stay as they are. */
export function trainableParameters(model: CLIP): Map<string, Parameter> {
  return new Map([...model.namedParameters()].filter(([, { trainable }]) => trainable));
}

/** One forward and one backward pass. The caller disposes of the answer's tensors. Throws for a parameter with no gradient. */
export function lossAndGradients(model: CLIP, { images, tokens }: Batch): LossAndGradients {
  registerWasmKernels();
  const parameters = trainableParameters(model);
  let accuracy!: tf.Scalar;
  const forward = (): tf.Scalar => {
    const logits = model.call(images, tokens);
    accuracy = tf.keep(ownIsNearest(logits.logits_per_image));
    return contrastiveLoss(logits);
  };
  const variables = [...parameters.values()].map(({ value }) => value);
  const { value: loss, grads } = tf.variableGrads(forward, variables);
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, { value }] of parameters) {
    const gradient = grads[value.name];
    if (!gradient) throw new Error(`no gradient reaches ${name}`);
    gradients.set(name, gradient);
  }
  return { loss, accuracy, gradients };
}

/** [N, N] → scalar */
function ownIsNearest(logits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const own = tf.range(0, logits.shape[0], 1, 'int32'); // [N]
    return tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), own), 'float32')) as tf.Scalar;
  });
}
