// A few labelled pictures a class and many without labels: what a head learns from the few, and what from both, when it
// labels the many by itself. Features are computed once, so that every number of labels and every draw costs little.
import type { LinearHead } from '../checkpoint/head-file.ts';
import { checkSeveralClasses, fewShot, subset } from '../data/sets/order.ts';
import type { PictureSet, PictureSource } from '../data/sets/picture-set.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { fitHead } from '../train/head.ts';
import type { Examples } from '../train/logistic-regression.ts';
import { adapterAccuracy, saidSet } from './adapter-accuracy.node.ts';
import { classesOf, labelsAmong } from './class-labels.ts';
import { encodePictures } from './features.node.ts';
import { rowsOf } from './head.node.ts';
import { choosePseudoLabels, mostOfAClass, type PseudoLabels } from './pseudo-labels.ts';
import { headAccuracy, headProbabilities } from './score.ts';
import { namesHead } from './zero-shot-scores.node.ts';

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
  student?: 'head' | 'lora' | undefined;
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

/** One draw of labelled pictures: accuracies on the pictures to judge on, 0 … 1. */
export interface Draw {
  seed: number;
  labelled: number;
  /** Learned from both. */
  pseudo: number;
  /** Pseudo-labels that were chosen, and the share that is right, where the truth is known. */
  count: number;
  right: number | undefined;
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
  fewShot(train, Math.max(...shots), seeds[0]!); // complains now, not after the pictures were encoded
  const names = await namesHead(loaded, classes, templates);
  const encode = (set: PictureSet, what: string) =>
    encodePictures(loaded, set, { onNote, onProgress: (done, total) => onProgress?.(what, done, total) });
  const judged = await encode(evaluation, 'encoding the pictures to judge on');
  const truth = labelsAmong(evaluation, judged.kept, classes);
  const pool = await encode(train, 'encoding the pool');
  const poolSet = subset(train, pool.kept, train.name);
  const others = unlabelled && {
    ...(await encode(unlabelled, 'encoding the pictures without labels')),
    set: unlabelled,
  };

  const accuracy = (head: LinearHead): Promise<number> => headAccuracy(head, judged.features, truth);
  const rows: LabelReport['rows'] = [];
  let last: { found: PseudoLabels; nameOf: (index: number) => string } | undefined;
  for (const [i, count] of shots.entries()) {
    const draws: Draw[] = [];
    for (const [j, seed] of seeds.entries()) {
      const drawn = fewShot(poolSet, count, seed);
      const rest = remaining(poolSet.count, drawn);
      const labelled = examplesAt(pool.features, pool.labels!, drawn, classes.length);
      const many = others ?? {
        ...examplesAt(pool.features, pool.labels!, rest, classes.length),
        set: undefined,
      };
      const first = await learn(names, labelled);
      const probabilities = await headProbabilities(first, many.features);
      const most = mostOfAClass(probabilities.length / classes.length, classes.length);
      const found = choosePseudoLabels(probabilities, classes.length, { threshold, most });
      const known = others ? undefined : many.labels!;
      const sourceOf = (index: number): PictureSource =>
        others ? others.set.source(others.kept[index]!) : poolSet.source(rest[index]!);
      const few = Array.from(drawn, (index) => ({
        source: poolSet.source(index),
        label: pool.labels![index]!,
      }));
      const given = found.chosen.map(({ index, label }) => ({ source: sourceOf(index), label }));
      const adapted = (pictures: typeof few) =>
        adapterAccuracy(loaded, saidSet(classes, pictures), evaluation, { templates, seed, onNote });
      const isHead = student === 'head';
      const both = isHead && (await learn(names, withPseudo(labelled, many.features, found)));
      draws.push({
        seed,
        labelled: isHead ? await accuracy(first) : await adapted(few),
        pseudo: both ? await accuracy(both) : await adapted([...few, ...given]),
        count: found.chosen.length,
        right: known && shareRight(found, known),
      });
      const nameOf = (index: number): string =>
        others ? pictureName(others.set, others.kept[index]!) : pictureName(train, pool.kept[rest[index]!]!);
      if (count === Math.max(...shots) && j === 0) last = { found, nameOf };
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
  const { found, nameOf } = last!;
  return {
    zeroshot: await accuracy(names),
    rows,
    labels: found.chosen.map(({ index, label, confidence }) => ({
      picture: nameOf(index),
      label: classes[label]!,
      confidence,
    })),
    without: found.without.map((label) => classes[label]!),
  };
}

/** A head around the names', with the C that suits a few pictures. */
async function learn(names: LinearHead, examples: Examples): Promise<LinearHead> {
  return { ...names, weight: (await fitHead(examples, rowsOf(names))).weight };
}

function remaining(count: number, drawn: Int32Array): Int32Array {
  const taken = new Set(drawn);
  return Int32Array.from(Array.from({ length: count }, (_, i) => i).filter((i) => !taken.has(i)));
}

function examplesAt(
  features: Float32Array,
  labels: Int32Array,
  indices: Int32Array,
  classes: number,
): Examples {
  const width = features.length / labels.length;
  const chosen = new Float32Array(indices.length * width);
  indices.forEach((index, row) => {
    chosen.set(features.subarray(index * width, (index + 1) * width), row * width);
  });
  return { features: chosen, labels: indices.map((index) => labels[index]!), classes };
}

function withPseudo(labelled: Examples, features: Float32Array, { chosen }: PseudoLabels): Examples {
  const width = labelled.features.length / labelled.labels.length;
  const joined = new Float32Array(labelled.features.length + chosen.length * width);
  joined.set(labelled.features);
  chosen.forEach(({ index }, row) => {
    const own = features.subarray(index * width, (index + 1) * width);
    joined.set(own, labelled.features.length + row * width);
  });
  return {
    ...labelled,
    features: joined,
    labels: [...Array.from(labelled.labels), ...chosen.map(({ label }) => label)],
  };
}

function shareRight({ chosen }: PseudoLabels, truth: ArrayLike<number>): number {
  return chosen.filter(({ index, label }) => truth[index] === label).length / Math.max(1, chosen.length);
}

/** Its path; for one in memory the set's name and its number there. */
function pictureName(set: PictureSet, index: number): string {
  const source = set.source(index);
  return 'path' in source ? source.path : `${set.name}[${index}]`;
}
