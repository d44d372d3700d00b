// What every method that only learns a head has in common: features computed once, what class names do alone, a
// regularisation chosen on a fifth of the pictures where there are enough, a fit to all of them, what came of it.
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../checkpoint/head-file.ts';
import { checkSeveralClasses, splitSet } from '../data/sets/order.ts';
import { embedPictures } from '../tasks/embed-pictures.node.ts';
import { type FeatureSpace, featureWidth, projectFeatures } from '../tasks/image-features.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { Choice } from '../train/choose-c.ts';
import type { Examples } from '../train/logistic-regression.ts';
import { classesOf, labelsAmong } from './class-labels.ts';
import { headAccuracy } from './head-accuracy.ts';
import type { LearningSets } from './learning-sets.ts';
import { namesHead, type Scores, zeroShotAccuracy } from './zero-shot-accuracy.node.ts';

export interface HeadOptions {
  /** Prompts for the class names of `train`; `a photo of a {}` unless given. */
  templates?: readonly string[] | undefined;
  /** Of the fifth on which C is chosen: 0 … 2³² − 1. */
  seed?: number;
  /** Called with what is being done, and how much of it is. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  /** Called with what the user should know: pictures that cannot be read, a C that was not chosen. */
  onNote?: ((note: string) => void) | undefined;
}

/** One way to learn a head. */
export interface Learner {
  /** Which features it learns from. */
  space: FeatureSpace;
  /** Pictures a class, on average, from which on C is chosen; what it is below. */
  enough: number;
  unchosen: number;
  choose(
    train: Examples,
    validation: Examples,
    onProgress: (done: number, total: number) => void,
  ): Promise<Choice>;
  fit(examples: Examples, c: number): Promise<Pick<LinearHead, 'weight' | 'bias' | 'normalized'>>;
}

export interface LearnedHead {
  head: LinearHead;
  /** With class names alone. */
  before: Scores;
  /** `zeroshot` is the same number as before: no weight of the model is touched. */
  after: Scores;
  /** The regularisation, scikit-learn's C, and the accuracy on the fifth that spoke for it. */
  c: number;
  validation: number | undefined;
  /** Pictures that were learned from, and judged on. */
  count: { train: number; evaluation: number };
  /** Learning: encoding the pictures, choosing C, fitting. */
  seconds: number;
}

/** Of the pictures to learn from, what C is chosen on. */
const VALIDATION = 0.2;

/**
 * Learns a head and measures it; `learnerFor` is given the head that class names make. Throws ClipError for sets without
 * classes, one class, too many broken pictures.
 */
export async function learnHead(
  loaded: LoadedModel,
  { train, evaluation, zeroshot }: LearningSets,
  learnerFor: (names: LinearHead) => Learner,
  { templates, seed = 0, onProgress, onNote }: HeadOptions = {},
): Promise<LearnedHead> {
  checkSeveralClasses(train);
  const classes = classesOf(train);
  const names = await namesHead(loaded, classes, templates);
  const learner = learnerFor(names);
  const { space } = learner;
  const told = (what: string) => ({
    onNote,
    onProgress: (done: number, total: number) => onProgress?.(what, done, total),
  });
  // Judged first: what cannot be judged need not be learned.
  const toJudge = { space, ...told('encoding the pictures to judge on') };
  const judged = await embedPictures(loaded, evaluation, toJudge);
  const truth = labelsAmong(evaluation, judged.kept, classes);
  const before: Scores = {
    target: await headAccuracy(names, await projected(loaded, judged.features, space), truth),
    zeroshot: await zeroShotAccuracy(loaded, zeroshot, undefined, told('encoding the zero-shot set')),
  };

  const began = performance.now();
  const present = new Set(Array.from(train.labels!)).size;
  const isEnough = train.count >= learner.enough * present;
  const parts: Examples[] = [];
  for (const part of isEnough ? splitSet(train, VALIDATION, seed) : [train]) {
    const encoded = await embedPictures(loaded, part, {
      space,
      ...told('encoding the pictures to learn from'),
    });
    parts.push({ features: encoded.features, labels: encoded.labels!, classes: classes.length });
  }
  const [fitted, held] = parts as [Examples, Examples?];
  const choosing = (done: number, total: number) => onProgress?.('choosing C', done, total);
  const chosen = held && (await learner.choose(fitted, held, choosing));
  const c = chosen?.c ?? learner.unchosen;
  if (!chosen)
    onNote?.(`C is ${c}: fewer than ${learner.enough} pictures a class are too few to choose it on`);
  const learned = await learner.fit(joined(parts), c);
  const seconds = (performance.now() - began) / 1000;

  const head: LinearHead = { labels: classes, features: space, ...learned };
  const target = await headAccuracy(head, judged.features, truth);
  return {
    head,
    before,
    after: { target, zeroshot: before.zeroshot },
    c,
    validation: chosen?.accuracy,
    count: { train: parts.reduce((sum, { labels }) => sum + labels.length, 0), evaluation: truth.length },
    seconds,
  };
}

/** The features in the texts' space. */
async function projected(
  { model }: LoadedModel,
  features: Float32Array,
  space: FeatureSpace,
): Promise<Float32Array> {
  if (space === 'after') return features;
  const width = featureWidth(model, space);
  const rows = tf.tidy(() => projectFeatures(model, tf.tensor2d(features, [features.length / width, width]))); // [n, E]
  const values = await rows.data();
  rows.dispose();
  return values as Float32Array;
}

function joined(parts: readonly Examples[]): Examples {
  const features = new Float32Array(parts.reduce((sum, part) => sum + part.features.length, 0));
  let at = 0;
  for (const part of parts) {
    features.set(part.features, at);
    at += part.features.length;
  }
  return { features, labels: parts.flatMap(({ labels }) => Array.from(labels)), classes: parts[0]!.classes };
}
