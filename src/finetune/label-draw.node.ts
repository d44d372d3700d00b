// One draw of labelled pictures: what is learned from them alone, and from them with those that a head labels by itself.
import type { LinearHead } from '../checkpoint/head-file.ts';
import type { PictureSet, PictureSource } from '../data/sets/picture-set.ts';
import type { PictureFeatures } from '../tasks/embed-pictures.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { fitHead } from '../train/head.ts';
import type { Examples } from '../train/logistic-regression.ts';
import { adapterAccuracy, type SaidPicture, saidSet } from './adapter-accuracy.node.ts';
import { rowsOf } from './head.node.ts';
import { headAccuracy, headProbabilities } from './head-accuracy.ts';
import { choosePseudoLabels, mostOfAClass, type PseudoLabels } from './pseudo-labels.ts';

export type Student = 'head' | 'lora';

/** Accuracies on the pictures to judge on, 0 … 1. */
export interface Draw {
  seed: number;
  labelled: number;
  /** Learned from both. */
  pseudo: number;
  /** Pseudo-labels that were chosen, and the share that is right, where the truth is known. */
  count: number;
  right: number | undefined;
}

/** Pictures with their labels, whose features are known. */
interface Pool {
  set: PictureSet;
  /** Which picture of the set each row is. */
  kept: Int32Array;
  features: Float32Array;
  labels: Int32Array;
}

/** Pictures that are taken as without labels. */
export interface Unlabelled {
  /** [n, E] */
  features: Float32Array;
  source(index: number): PictureSource;
  name(index: number): string;
  /** The labels that are not looked at, to count the right ones. */
  truth?: ArrayLike<number>;
}

/** A set of which nothing is known. */
export function unlabelledOf(set: PictureSet, { features, kept }: PictureFeatures): Unlabelled {
  return {
    features,
    source: (index) => set.source(kept[index]!),
    name: (index) => pictureName(set, kept[index]!),
  };
}

/** The pool's pictures that were not drawn. */
export function restOf(pool: Pool, drawn: Int32Array): Unlabelled {
  const taken = new Set(drawn);
  const rest = Int32Array.from(pool.kept.keys()).filter((row) => !taken.has(row));
  const { features, labels } = rowsAt(pool, rest);
  const index = (row: number): number => pool.kept[rest[row]!]!;
  return {
    features,
    truth: labels,
    source: (row) => pool.set.source(index(row)),
    name: (row) => pictureName(pool.set, index(row)),
  };
}

/** What is the same in every draw. */
interface Around {
  loaded: LoadedModel;
  names: LinearHead;
  student: Student;
  threshold: number;
  templates: readonly string[] | undefined;
  evaluation: PictureSet;
  judged: PictureFeatures;
  truth: ArrayLike<number>;
  onNote: ((note: string) => void) | undefined;
}

/** `drawn`: rows of the pool. */
export async function drawOnce(
  { loaded, names, student, threshold, templates, evaluation, judged, truth, onNote }: Around,
  pool: Pool,
  drawn: Int32Array,
  many: Unlabelled,
  seed: number,
): Promise<{ draw: Draw; found: PseudoLabels }> {
  const classes = names.labels.length;
  const labelled = { ...rowsAt(pool, drawn), classes };
  const first = await learn(names, labelled);
  const probabilities = await headProbabilities(first, many.features);
  const most = mostOfAClass(probabilities.length / classes, classes);
  const found = choosePseudoLabels(probabilities, classes, { threshold, most });

  const ofHead = (head: LinearHead) => headAccuracy(head, judged.features, truth);
  const ofAdapter = (pictures: readonly SaidPicture[]) =>
    adapterAccuracy(loaded, saidSet(names.labels, pictures), evaluation, { templates, seed, onNote });
  const draw: Draw = {
    seed,
    labelled: 0,
    pseudo: 0,
    count: found.chosen.length,
    right: many.truth && shareRight(found, many.truth),
  };
  if (student === 'head') {
    draw.labelled = await ofHead(first);
    draw.pseudo = await ofHead(await learn(names, withPseudo(labelled, many.features, found)));
  } else {
    const few = Array.from(drawn, (row) => ({
      source: pool.set.source(pool.kept[row]!),
      label: pool.labels[row]!,
    }));
    const said = found.chosen.map(({ index, label }) => ({ source: many.source(index), label }));
    draw.labelled = await ofAdapter(few);
    draw.pseudo = await ofAdapter([...few, ...said]);
  }
  return { draw, found };
}

/** A head around the names', with the C that suits a few pictures. */
async function learn(names: LinearHead, examples: Examples): Promise<LinearHead> {
  return { ...names, weight: (await fitHead(examples, rowsOf(names))).weight };
}

function rowsAt({ features, labels }: Pool, rows: Int32Array): Omit<Examples, 'classes'> {
  const width = features.length / labels.length;
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    chosen.set(features.subarray(row * width, (row + 1) * width), i * width);
  });
  return { features: chosen, labels: rows.map((row) => labels[row]!) };
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
