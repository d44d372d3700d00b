// A few labelled pictures a class and many without labels: what a head learns from the few, and what from both, when it
// labels the many by itself. Features are computed once, so that every number of labels and every draw costs little.
import { checkSeveralClasses, fewShot, subset } from '../data/sets/order.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { embedPictures } from '../tasks/embed-pictures.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { classesOf, labelsAmong } from './class-labels.ts';
import { headAccuracy } from './head-accuracy.ts';
import {
  type Draw,
  drawOnce,
  restOf,
  type Student,
  type Unlabelled,
  unlabelledOf,
} from './label-draw.node.ts';
import type { PseudoLabels } from './pseudo-labels.ts';
import { namesHead } from './zero-shot-accuracy.node.ts';

export interface LabelSets {
  /** The pool that labelled pictures are drawn from. */
  train: PictureSet;
  /** Pictures whose labels, if any, are not looked at; unless given, those of the pool that were not drawn. */
  unlabelled?: PictureSet | undefined;
  /** To be judged on. */
  evaluation: PictureSet;
}

export interface LabelOptions {
  /** What learns from the few and from both; the labels are a head's in either case. `head` unless given. */
  student?: Student | undefined;
  /** Labelled pictures a class, each a row of the result. */
  shots: readonly number[];
  /** Each draws other labelled pictures. */
  seeds: readonly number[];
  /** Least confidence of a pseudo-label, 0 … 1. */
  threshold: number;
  templates?: readonly string[] | undefined;
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

export interface LabelReport {
  zeroshot: number;
  /** Of several draws the mean. */
  rows: { shots: number; labelled: number; pseudo: number; draws: Draw[] }[];
  /** Of the most labels and the first seed: the pictures, their names and confidences. */
  labels: { picture: string; label: string; confidence: number }[];
  /** Classes that no pseudo-label was found for, there. */
  without: string[];
}

/** Throws ClipError for sets without classes, for more labels than there are pictures, for too many broken pictures. */
export async function labelByItself(
  loaded: LoadedModel,
  { train, unlabelled, evaluation }: LabelSets,
  { student = 'head', shots, seeds, threshold, templates, onProgress, onNote }: LabelOptions,
): Promise<LabelReport> {
  checkSeveralClasses(train);
  const classes = classesOf(train);
  const most = Math.max(...shots);
  fewShot(train, most, seeds[0]!); // complains now, not after the pictures were encoded
  const names = await namesHead(loaded, classes, templates);
  const encode = (set: PictureSet, what: string) =>
    embedPictures(loaded, set, { onNote, onProgress: (done, total) => onProgress?.(what, done, total) });
  const judged = await encode(evaluation, 'encoding the pictures to judge on');
  const truth = labelsAmong(evaluation, judged.kept, classes);
  const encoded = await encode(train, 'encoding the pool');
  const pool = { ...encoded, labels: encoded.labels!, set: train };
  const readable = subset(train, pool.kept, train.name);
  const given =
    unlabelled && unlabelledOf(unlabelled, await encode(unlabelled, 'encoding the pictures without labels'));

  const around = { loaded, names, student, threshold, templates, evaluation, judged, truth, onNote };
  const rows: LabelReport['rows'] = [];
  let last: { found: PseudoLabels; many: Unlabelled } | undefined;
  for (const [i, count] of shots.entries()) {
    const draws: Draw[] = [];
    for (const [j, seed] of seeds.entries()) {
      const drawn = fewShot(readable, count, seed);
      const many = given ?? restOf(pool, drawn);
      const { draw, found } = await drawOnce(around, pool, drawn, many, seed);
      draws.push(draw);
      if (count === most && j === 0) last = { found, many };
      onProgress?.('learning', i * seeds.length + j + 1, shots.length * seeds.length);
    }
    const mean = (of: (draw: Draw) => number) =>
      draws.reduce((sum, draw) => sum + of(draw) / draws.length, 0);
    rows.push({
      shots: count,
      labelled: mean((draw) => draw.labelled),
      pseudo: mean((draw) => draw.pseudo),
      draws,
    });
  }
  const { found, many } = last!;
  return {
    zeroshot: await headAccuracy(names, judged.features, truth),
    rows,
    labels: found.chosen.map(({ index, label, confidence }) => ({
      picture: many.name(index),
      label: classes[label]!,
      confidence,
    })),
    without: found.without.map((label) => classes[label]!),
  };
}
