// What a head says of features that were computed before.
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../checkpoint/head-file.ts';
import { headLogits } from '../tasks/linear-head.ts';

/** Pictures whose logits are on the engine at a time. */
const ROWS = 8192;

/** Features as the head wants them, [n, D], not normalised → probabilities [n, C]. */
export async function headProbabilities(head: LinearHead, features: Float32Array): Promise<Float32Array> {
  const classes = head.labels.length;
  const width = head.weight.length / classes;
  const count = features.length / width;
  const probabilities = new Float32Array(count * classes);
  for (let start = 0; start < count; start += ROWS) {
    const rows = features.subarray(start * width, (start + ROWS) * width);
    const part = tf.tidy(() => tf.softmax(headLogits(head, tf.tensor2d(rows, [rows.length / width, width])))); // [N, C]
    probabilities.set(await part.data(), start * classes);
    part.dispose();
  }
  return probabilities;
}

/** The share of rows whose likeliest class is the one in `labels`, 0 … 1. */
export async function headAccuracy(
  head: LinearHead,
  features: Float32Array,
  labels: ArrayLike<number>,
): Promise<number> {
  const probabilities = await headProbabilities(head, features);
  const classes = head.labels.length;
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    if (likeliest(probabilities, row * classes, classes) === labels[row]) right += 1;
  }
  return right / labels.length;
}

/** The place, 0 … classes − 1, of the largest of a row; the first of equal ones. */
export function likeliest(values: ArrayLike<number>, start: number, classes: number): number {
  let best = 0;
  for (let i = 1; i < classes; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
