// Calibration on a set of pictures, and how good it is on another one.
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../../checkpoint/head-file.ts';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { ClipError } from '../../errors.ts';
import { type EmbedPicturesOptions, embedPictures } from '../embed-pictures.node.ts';
import { headLogits } from '../linear-head.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { similarity } from '../similarity.ts';
import { SCALE, type ZeroShotHead } from '../zero-shot.ts';
import { calibratedHead } from './calibrate.ts';
import { logistic } from './multi-label.ts';
import { isSaid, type MultiLabelQuality, multiLabelQuality } from './quality.ts';

/** Features of a set's pictures that could be read, with which labels are true of each: [N, E], [N][C]. */
export interface KnownLabels {
  features: Float32Array;
  truths: boolean[][];
}

/** Throws ClipError for a set that says nothing of its pictures, and as embedPictures does. */
export async function knownLabels(
  loaded: LoadedModel,
  set: PictureSet,
  labels: readonly string[],
  options: EmbedPicturesOptions = {},
): Promise<KnownLabels> {
  const { classes, captions } = set;
  if (!classes && !captions) {
    throw new ClipError(`${set.name} says nothing of its pictures`, { expected: 'classes or captions' });
  }
  const { features, kept } = await embedPictures(loaded, set, options);
  const textsOf = (index: number): readonly string[] =>
    classes ? [classes[set.labels![index]!]!] : set.captions!(index);
  const truths = Array.from(kept, (index) => {
    const texts = textsOf(index);
    return labels.map((label) => isSaid(label, texts));
  });
  return { features, truths };
}

/** An independent head from the labels' texts and pictures of which the labels are known. Throws ClipError as calibratedHead does. */
export async function calibrateHead(
  { labels, features }: ZeroShotHead,
  known: KnownLabels,
): Promise<LinearHead> {
  const cosines = await rowsOf(known, (rows) => tf.transpose(similarity(features, rows))); // [N, C]
  return calibratedHead(labels, (await features.data()) as Float32Array, cosines, known.truths);
}

/** Three ways on the same pictures. */
export interface CalibrationReport {
  /** The head's own probabilities, a label given from a half on. */
  calibrated: MultiLabelQuality;
  /** A softmax of 100 · cosine over all labels, a label given from 1 / C on, C labels: what it would have by chance. */
  softmax: MultiLabelQuality;
  /** Every label given to every picture. */
  everything: MultiLabelQuality;
}

/** How good an independent head is, beside a softmax and beside chance. */
export async function measureCalibration(
  head: LinearHead,
  texts: ZeroShotHead,
  known: KnownLabels,
): Promise<CalibrationReport> {
  const { truths } = known;
  const logits = await rowsOf(known, (rows) => headLogits(head, rows)); // [N, C]
  const shared = await rowsOf(known, (rows) =>
    tf.softmax(tf.mul(tf.transpose(similarity(texts.features, rows)), SCALE)),
  ); // [N, C]
  return {
    calibrated: multiLabelQuality(
      logits.map((row) => row.map(logistic)),
      truths,
      0.5,
    ),
    softmax: multiLabelQuality(shared, truths, 1 / head.labels.length),
    everything: multiLabelQuality(
      logits.map((row) => row.map(() => 1)),
      truths,
      0.5,
    ),
  };
}

/** What `compute` makes of [N, E], [N, C], as rows. */
async function rowsOf(
  { features, truths }: KnownLabels,
  compute: (rows: tf.Tensor2D) => tf.Tensor,
): Promise<number[][]> {
  const shape: [number, number] = [truths.length, features.length / truths.length];
  const result = tf.tidy(() => compute(tf.tensor2d(features, shape)));
  const [count, width] = result.shape as [number, number];
  const values = await result.data();
  result.dispose();
  return Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
}
