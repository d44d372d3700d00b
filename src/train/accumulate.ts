// A batch too large for memory, in parts: the same loss and the same gradients as in one piece. Adding up the parts'
// own losses would not do, for a pair of one part is a wrong answer to those of all others. So: every part's features
// without a tape; the loss over all of them and its gradient towards the features; then each part once more, with a tape,
// against that. Costs one forward pass. GradCache (Gao et al. 2021); open_clip's --accum-freq.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP } from '../model/clip.ts';
import { contrastiveLoss } from '../model/loss.ts';
import type { Parameter } from '../model/module.ts';
import { backward } from './backward.ts';
import {
  type Batch,
  gradientsOf,
  type LossAndGradients,
  lossAndGradients,
  ownIsNearest,
  sharedTruth,
  trainedTowers,
} from './gradients.ts';

/**
 * As lossAndGradients, a `parts`-th of the batch at a time in memory; of one part it is the same. `onPart` is told which
 * part's pictures come next, each of several twice: whatever is random in the model must then be as it was. A part may be
 * one pair.
 */
export function accumulatedGradients(
  model: CLIP,
  batch: Batch,
  parameters: ReadonlyMap<string, Parameter>,
  parts: number,
  onPart: (part: number) => void = () => {},
): LossAndGradients {
  if (parts === 1) {
    onPart(0);
    return lossAndGradients(model, batch, parameters);
  }
  const count = batch.images.shape[0];
  const size = Math.ceil(count / parts);
  const starts = Array.from({ length: Math.ceil(count / size) }, (_, part) => part * size);
  const [images, texts] = featuresOf(model, batch, starts, size, onPart); // both [N, E]
  const ofFeatures = throughFeatures(model, images, texts, batch.groups);
  tf.dispose([images, texts]);
  const sums = new Map<string, tf.Tensor>();
  const ofScale = ofFeatures.gradients.get('logit_scale')!;
  if (parameters.has('logit_scale')) sums.set('logit_scale', ofScale);
  else ofScale.dispose();
  const towers = new Map([...parameters].filter(([name]) => name !== 'logit_scale'));
  const [trainsImages, trainsTexts] = trainedTowers(towers);
  for (const [part, start] of towers.size > 0 ? starts.entries() : []) {
    onPart(part);
    const some = rowsOf(batch, start, size);
    const forward = (): tf.Scalar => {
      const pull = (features: tf.Tensor2D, name: string): tf.Tensor =>
        tf.sum(tf.mul(features, rows(ofFeatures.gradients.get(name)!, start, size)));
      const pulls = [
        ...(trainsImages ? [pull(model.encodeImage(some.images), 'images')] : []),
        ...(trainsTexts ? [pull(model.encodeText(some.tokens), 'texts')] : []),
      ];
      return tf.addN(pulls) as tf.Scalar;
    };
    const { value, gradients } = gradientsOf(forward, towers);
    tf.dispose([value, some.images, some.tokens]);
    for (const [name, gradient] of gradients) {
      const before = sums.get(name);
      sums.set(name, before ? tf.add(before, gradient) : gradient);
      if (before) tf.dispose([before, gradient]);
    }
  }
  tf.dispose([ofFeatures.gradients.get('images')!, ofFeatures.gradients.get('texts')!]);
  const gradients = new Map([...parameters.keys()].map((name) => [name, sums.get(name)!]));
  return { loss: ofFeatures.loss, accuracy: ofFeatures.accuracy, gradients };
}

/** Every part's features, one after another: both [N, E]. */
function featuresOf(
  model: CLIP,
  batch: Batch,
  starts: readonly number[],
  size: number,
  onPart: (part: number) => void,
): [images: tf.Tensor2D, texts: tf.Tensor2D] {
  return tf.tidy(() => {
    const parts = starts.map((start, part) => {
      onPart(part);
      return tf.tidy(() => {
        const { images, tokens } = rowsOf(batch, start, size);
        return [model.encodeImage(images), model.encodeText(tokens)] as const;
      });
    });
    const joined = [0, 1].map((tower) => tf.concat(parts.map((part) => part[tower as 0 | 1]))); // [N, E]
    return joined as [tf.Tensor2D, tf.Tensor2D];
  });
}

/** The loss over all features, and its gradients towards `images`, `texts` and `logit_scale`. */
function throughFeatures(
  model: CLIP,
  images: tf.Tensor2D,
  texts: tf.Tensor2D,
  groups: Batch['groups'],
): LossAndGradients {
  const truth = sharedTruth(groups, images.shape[0]); // [N, N]
  const variables = { images: tf.variable(images), texts: tf.variable(texts) };
  let accuracy!: tf.Scalar;
  const forward = (): tf.Scalar => {
    const logits = model.compare(variables.images as tf.Tensor2D, variables.texts as tf.Tensor2D);
    accuracy = tf.keep(ownIsNearest(logits, truth));
    return contrastiveLoss(logits, truth);
  };
  const { images: ofImages, texts: ofTexts } = variables;
  const { value: loss, gradients } = backward(forward, [ofImages, ofTexts, model.logit_scale.value]);
  tf.dispose([ofImages, ofTexts, ...(truth ? [truth] : [])]);
  const names = ['images', 'texts', 'logit_scale'];
  return { loss, accuracy, gradients: new Map(names.map((name, i) => [name, gradients[i]!])) };
}

function rowsOf({ images, tokens }: Batch, start: number, size: number): Batch {
  return {
    images: rows(images, start, size) as tf.Tensor4D,
    tokens: rows(tokens, start, size) as tf.Tensor2D,
  };
}

/** [N, …] → [at most `size`, …] */
function rows(tensor: tf.Tensor, start: number, size: number): tf.Tensor {
  return tf.slice(tensor, start, Math.min(size, tensor.shape[0]! - start));
}
