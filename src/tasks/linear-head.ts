// Classification by a linear head on a picture's features: one that was learned (clip-tfjs probe, finetune --method head)
// or one that texts made, which is the special case of 100 · cosine.
import * as tf from '@tensorflow/tfjs-core';
import { modelFingerprint } from '../checkpoint/fingerprint.ts';
import { checkHeadFits, type LinearHead, type SavedHead } from '../checkpoint/head-file.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { normalize } from '../model/ops.ts';
import { imageFeatures } from './image-features.ts';
import type { LoadedModel } from './loaded-model.ts';
import { predict, SCALE, type ZeroShotHead } from './zero-shot.ts';

export interface LinearPrediction {
  label: string;
  /** 0 … 1; all labels' come to 1. */
  probability: number;
  /** What its softmax is the probability. */
  logit: number;
}

/** The texts' classifier as a linear one: the same probabilities. */
export async function linearHeadOf({ labels, features }: ZeroShotHead): Promise<LinearHead> {
  const weight = (await features.data()).map((value) => SCALE * value) as Float32Array; // [C, E]
  return { labels, weight, bias: new Float32Array(labels.length), features: 'after', normalized: true };
}

/** Features as the head wants them but for their length, [N, D] → logits [N, C]. */
export function headLogits(
  { labels, weight, bias, normalized }: LinearHead,
  features: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const rows = (normalized ? normalize(features) : features) as tf.Tensor2D; // [N, D]
    const matrix = tf.tensor2d(weight, [labels.length, weight.length / labels.length]); // [C, D]
    return tf.add(tf.matMul(rows, matrix, false, true), tf.tensor1d(bias)) as tf.Tensor2D; // [N, C]
  });
}

/** The `top` best labels of each picture, best first. Pictures go through the model 32 at a time. */
export async function classifyWithHead(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  head: LinearHead,
  top: number = 5,
): Promise<LinearPrediction[][]> {
  const logits = (images: tf.Tensor4D) =>
    headLogits(head, imageFeatures(loaded.model, images, head.features)); // [N, C]
  const predictions = await predict(loaded, pictures, head.labels, logits, 1, top);
  return predictions.map((row) =>
    row.map(({ label, probability, score }) => ({ label, probability, logit: score })),
  );
}

/** A head with what its file needs to know of the model. */
export async function headFor(loaded: LoadedModel, head: LinearHead): Promise<SavedHead> {
  const { name, model } = loaded;
  return { ...head, model: name, config: { ...model.config }, base: await modelFingerprint(loaded.model) };
}

/** Throws ClipError where the head belongs to a model of another shape; says so where it belongs to other weights. */
export async function checkHead(
  head: SavedHead,
  loaded: LoadedModel,
  file: string,
  onNote: (note: string) => void,
): Promise<void> {
  checkHeadFits(head, loaded.model.config, file);
  if (head.base === (await modelFingerprint(loaded.model))) return;
  onNote(
    `${file} was learned on other weights than these, of the same shape: what it says here is anyone's guess`,
  );
}
