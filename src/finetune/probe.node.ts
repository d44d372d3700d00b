// The linear probe (CLIP paper, section 3.2): a logistic regression on the features of an image encoder that stays as it is.
// Its regularisation is chosen on a fifth of the pictures, then it is fitted to all of them.
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../checkpoint/head-file.ts';
import { checkSeveralClasses, splitSet } from '../data/sets/order.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { type FeatureSpace, featureWidth, projectFeatures } from '../tasks/image-features.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { chooseC } from '../train/choose-c.ts';
import { type Examples, LogisticRegression } from '../train/logistic-regression.ts';
import { classesOf, labelsAmong } from './class-labels.ts';
import { encodePictures } from './features.node.ts';
import { headAccuracy } from './score.ts';
import { namesHead, type Scores, zeroShotAccuracy } from './zero-shot-scores.node.ts';

export interface ProbeSets {
  /** To learn from. */
  train: PictureSet;
  /** To be judged on: pictures of the same classes, none of them in `train`. */
  evaluation: PictureSet;
  /** To see what the model can do besides. */
  zeroshot: PictureSet;
}

export interface ProbeOptions {
  /** Features before the last projection (unless given) or after it. */
  features?: FeatureSpace;
  /** Prompts for the class names of `train`; `a photo of a {}` unless given. */
  templates?: readonly string[] | undefined;
  /** Of the fifth on which C is chosen: 0 … 2³² − 1. */
  seed?: number;
  /** Called with what is being done, and how much of it is. */
  onProgress?: (what: string, done: number, total: number) => void;
  /** Called with what the user should know: pictures that cannot be read, a C that could not be chosen. */
  onNote?: (note: string) => void;
}

export interface Probe {
  head: LinearHead;
  /** With class names alone. */
  before: Scores;
  /** `zeroshot` is the same number as before: no weight of the model is touched. */
  after: Scores;
  /** The regularisation that was chosen, scikit-learn's C, and the accuracy on the fifth that spoke for it. */
  c: number;
  validation: number | undefined;
  /** Pictures that were learned from, and judged on. */
  count: { train: number; evaluation: number };
  /** Learning: encoding the pictures, choosing C, fitting. */
  seconds: number;
}

/** Of the pictures to learn from, what C is chosen on. */
const VALIDATION = 0.2;
/** Where there are too few pictures to choose: what OpenAI's example has, for ViT-B/32 on CIFAR-100. */
const C_UNCHOSEN = 0.316;

/** Learns a probe and measures it. Throws ClipError for sets without classes, one class, too many broken pictures. */
export async function probe(
  loaded: LoadedModel,
  { train, evaluation, zeroshot }: ProbeSets,
  { features: space = 'before', templates, seed = 0, onProgress, onNote }: ProbeOptions = {},
): Promise<Probe> {
  checkSeveralClasses(train);
  const classes = classesOf(train);
  const encode = (set: PictureSet, what: string, options: { space?: FeatureSpace } = { space }) =>
    encodePictures(loaded, set, {
      ...options,
      onNote,
      onProgress: (done, total) => onProgress?.(what, done, total),
    });
  const names = await namesHead(loaded, classes, templates);
  // Judged first: what cannot be judged need not be learned.
  const judged = await encode(evaluation, 'encoding the pictures to judge on');
  const truth = labelsAmong(evaluation, judged.kept, classes);
  const before: Scores = {
    target: await headAccuracy(names, await projected(loaded, judged.features, space), truth),
    zeroshot: await zeroShotAccuracy(loaded, zeroshot, undefined, {
      onNote,
      onProgress: (done, total) => onProgress?.('encoding the zero-shot set', done, total),
    }),
  };

  const began = performance.now();
  const parts: Examples[] = [];
  for (const part of canBeSplit(train) ? splitSet(train, VALIDATION, seed) : [train]) {
    const { features, labels } = await encode(part, 'encoding the pictures to learn from');
    parts.push({ features, labels: labels!, classes: classes.length });
  }
  const [fitted, held] = parts as [Examples, Examples?];
  const chosen =
    held && (await chooseC(fitted, held, (done, total) => onProgress?.('choosing C', done, total)));
  if (!chosen) onNote?.(`one picture a class is too few to choose C on: it is ${C_UNCHOSEN}`);
  const c = chosen?.c ?? C_UNCHOSEN;
  const regression = new LogisticRegression(joined(parts));
  const { weight, bias } = await regression.fit(c);
  regression.release();
  const seconds = (performance.now() - began) / 1000;

  const head: LinearHead = { labels: classes, weight, bias, features: space, normalized: false };
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

/** Whether a class has two pictures, one for either part. */
function canBeSplit({ labels }: PictureSet): boolean {
  return new Set(Array.from(labels!)).size < labels!.length;
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
