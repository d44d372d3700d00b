// Pictures [N, 3, R, R] and their texts [N, L] → the contrastive loss, and its gradient for every parameter by name.
// Stands beside loss.backward(), after which each PyTorch parameter has its .grad.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP, Logits } from '../model/clip.ts';
import { contrastiveLoss } from '../model/loss.ts';
import type { Parameter } from '../model/module.ts';
import { backward } from './backward.ts';

/** Pictures, float32 [N, 3, R, R], and the text of each, int32 [N, L]. */
export interface Batch {
  images: tf.Tensor4D;
  tokens: tf.Tensor2D;
  /** A number for each pair, [N]; pairs with the same one say the same, and are no wrong answers to each other. All differ unless given. */
  groups?: ArrayLike<number> | undefined;
}

export interface LossAndGradients {
  /** In nats; ln N is chance. */
  loss: tf.Scalar;
  /** The share of pictures whose own text, or one of the same group, is the nearest of the batch, 0 … 1. */
  accuracy: tf.Scalar;
  /** By state-dict name, in the parameters' stored order. */
  gradients: Map<string, tf.Tensor>;
}

/** What a training changes: batch norm's running statistics stay as they are. */
export function trainableParameters(model: CLIP): Map<string, Parameter> {
  return new Map([...model.namedParameters()].filter(([, { trainable }]) => trainable));
}

/**
 * One forward and one backward pass, for `parameters` only; the others are constants. The caller disposes of the answer's
 * tensors. Throws for a parameter with no gradient.
 */
export function lossAndGradients(
  model: CLIP,
  { images, tokens, groups }: Batch,
  parameters: ReadonlyMap<string, Parameter> = trainableParameters(model),
): LossAndGradients {
  const [trainsImages, trainsTexts] = trainedTowers(parameters);
  // A tower in which nothing is trained runs before the tape, which would keep its every value for the way back.
  const fixedImages = trainsImages ? undefined : model.encodeImage(images); // [N, E]
  const fixedTexts = trainsTexts ? undefined : model.encodeText(tokens); // [N, E]
  const targets = sharedTruth(groups, images.shape[0]); // [N, N]
  let accuracy!: tf.Scalar;
  const forward = (): tf.Scalar => {
    const logits = model.compare(
      fixedImages ?? model.encodeImage(images),
      fixedTexts ?? model.encodeText(tokens),
    );
    accuracy = tf.keep(ownIsNearest(logits, targets));
    return contrastiveLoss(logits, targets);
  };
  try {
    const { value: loss, gradients } = gradientsOf(forward, parameters);
    return { loss, accuracy, gradients };
  } finally {
    tf.dispose([fixedImages, fixedTexts, targets].filter((tensor) => tensor !== undefined));
  }
}

/** Whether anything is trained in the picture's tower, and in the text's. */
export function trainedTowers(parameters: ReadonlyMap<string, Parameter>): [images: boolean, texts: boolean] {
  const names = [...parameters.keys()].filter((name) => name !== 'logit_scale');
  const ofImages = names.filter((name) => name.startsWith('visual.')).length;
  return [ofImages > 0, ofImages < names.length];
}

/** A scalar and its gradient for each parameter, by name. */
export function gradientsOf(
  forward: () => tf.Scalar,
  parameters: ReadonlyMap<string, Parameter>,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const names = [...parameters.keys()];
  const { value, gradients } = backward(
    forward,
    [...parameters.values()].map((parameter) => parameter.value),
  );
  const named = gradients.map((gradient, i): [string, tf.Tensor] => {
    if (!gradient) throw new Error(`no gradient reaches ${names[i]}`);
    return [names[i]!, gradient];
  });
  return { value, gradients: new Map(named) };
}

/** 1 / (pairs of its group) for each pair of its group, else 0: [N, N]. Nothing where every pair is a group of its own. */
export function sharedTruth(groups: ArrayLike<number> | undefined, count: number): tf.Tensor2D | undefined {
  if (!groups || new Set(Array.from(groups)).size === count) return undefined;
  const truth = new Float32Array(count * count);
  for (let row = 0; row < count; row++) {
    const same = Array.from({ length: count }, (_, i) => i).filter((i) => groups[i] === groups[row]);
    for (const column of same) truth[row * count + column] = 1 / same.length;
  }
  return tf.tensor2d(truth, [count, count]);
}

/** [N, N] → scalar */
export function ownIsNearest({ logits_per_image: logits }: Logits, targets?: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const count = logits.shape[0];
    const nearest = tf.oneHot(tf.argMax(logits, 1), count); // [N, N]
    const right = tf.sum(tf.mul(nearest, tf.sign(targets ?? tf.eye(count)))); // one at most a row
    return tf.div(right, count) as tf.Scalar;
  });
}
