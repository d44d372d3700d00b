// Several labels at once: a score for each label that owes nothing to the other labels, where a softmax would share out
// one. [N] pictures, C labels → [N][C]. Three ways: the cosine itself, held to a threshold; the label against its negation,
// a softmax of two (a zero-shot way; models that saw no text that denies something cannot do it); a logistic function of
// the cosine that was fitted on pictures with known labels (see calibrate.ts).
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../../checkpoint/head-file.ts';
import type { Picture } from '../../data/pictures/picture.ts';
import { checkFinite } from '../check-finite.ts';
import { imageFeatures } from '../image-features.ts';
import { headLogits } from '../linear-head.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { type HeadOptions, SCALE, type ZeroShotHead, zeroShotHead } from '../zero-shot.ts';
import { pictureCosines } from './cosines.ts';

/** What a label's negation may read like; they are ensembled. */
export const NEGATIONS: readonly string[] = [
  'a photo without a {}',
  'a photo of no {}',
  'not a {}',
  'this is not a {}',
];

export interface LabelScore {
  label: string;
  /** A cosine, −1 … 1, or a probability, 0 … 1, by the way it was computed. */
  score: number;
  /** Whether the score is at least the threshold. */
  isOver: boolean;
}

type OnProgress = (done: number, total: number) => void;
const BATCH = 32; // pictures in one call of the model

/** The cosine of each picture with each label's text. */
export function cosineScores(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  { features }: ZeroShotHead,
  onProgress?: OnProgress,
): Promise<number[][]> {
  return pictureCosines(loaded, pictures, features, onProgress);
}

/** softmax(100 · [cosine with the label, cosine with its negation]), the first of the two. Throws ClipError as zeroShotHead does. */
export async function negationScores(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  labels: readonly string[],
  { negations = NEGATIONS, ...options }: HeadOptions & { negations?: readonly string[] } = {},
  onProgress?: OnProgress,
): Promise<number[][]> {
  const said = await zeroShotHead(loaded, labels, options);
  const denied = await zeroShotHead(loaded, labels, { ...options, templates: negations });
  const both = tf.concat([said.features, denied.features]) as tf.Tensor2D; // [2C, E]
  try {
    const cosines = await pictureCosines(loaded, pictures, both, onProgress);
    return cosines.map((row) => labels.map((_, i) => logistic(SCALE * (row[i]! - row[labels.length + i]!))));
  } finally {
    tf.dispose([said.features, denied.features, both]);
  }
}

/** The probabilities of an independent head. */
export async function independentScores(
  { model, preprocess }: LoadedModel,
  pictures: readonly Picture[],
  head: LinearHead,
  onProgress?: OnProgress,
): Promise<number[][]> {
  const width = head.labels.length;
  const rows: number[][] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const some = pictures.slice(start, start + BATCH);
    const logits = tf.tidy(() => headLogits(head, imageFeatures(model, preprocess(...some), head.features))); // [N, C]
    const values = await logits.data();
    logits.dispose();
    checkFinite(values, 'pictures');
    some.forEach((_, row) => {
      rows.push(Array.from(values.subarray(row * width, (row + 1) * width), logistic));
    });
    onProgress?.(start + some.length, pictures.length);
  }
  return rows;
}

/** One picture's scores under their labels, the best first; equal ones keep their order. */
export function labelScores(
  labels: readonly string[],
  scores: readonly number[],
  threshold: number,
): LabelScore[] {
  return labels
    .map((label, i) => ({ label, score: scores[i]!, isOver: scores[i]! >= threshold }))
    .sort((a, b) => b.score - a.score);
}

/** 1 / (1 + e⁻ˣ) */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
