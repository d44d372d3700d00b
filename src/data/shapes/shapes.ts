// Shapes-100: pictures drawn here, each a pure function of a seed and an index, so that any one of them can be had at
// once, in any order, the same on every machine. A stream without end to train on, and three fixed splits.
import { ClipError } from '../../errors.ts';
import type { Cifar100, CifarPicture } from '../cifar.ts';
import { captionOf } from './captions.ts';
import { COARSE_NAMES, coarseOf, FINE_NAMES, SEEN, SEEN_LABELS } from './classes.ts';
import { drawScene } from './draw.ts';
import { Random } from './random.ts';
import { chooseScene, type Scene } from './scene.ts';

/** One picture with what is known of it. */
export interface ShapesExample {
  readonly image: CifarPicture;
  /** The fine label, 0…99. */
  readonly label: number;
  /** Lower-case words, at most 14. */
  readonly caption: string;
  readonly scene: Scene;
}

export type ShapesSplit = 'train' | 'validation' | 'test';

/** A split as CIFAR-100's, and which of its classes training sees. */
export interface Shapes100<Split extends ShapesSplit = 'test'> extends Omit<Cifar100, 'split'> {
  readonly split: Split;
  /** By fine label: whether training sees the class (85 of 100). */
  readonly seen: readonly boolean[];
  /** Picture `index` with all that is known of it: its caption, and where its shape lies. */
  example(index: number): ShapesExample;
}

/** Keeps the random numbers of different uses apart, whatever seed each has. */
const PURPOSES = { stream: 1, train: 2, validation: 3, test: 4, single: 5 } as const;
type Purpose = keyof typeof PURPOSES;
/** Added to a purpose for the order of classes, which is drawn apart from the pictures. */
const ORDER = 16;

const ALL_LABELS: readonly number[] = FINE_NAMES.map((_, fine) => fine);

/** The classes of a purpose; they come in rounds, every class once a round, in a new order each time. */
function classesOf(purpose: Purpose): readonly number[] {
  return purpose === 'test' ? ALL_LABELS : SEEN_LABELS;
}

function roundOf(purpose: Purpose, seed: number, round: number): number[] {
  return new Random(PURPOSES[purpose] + ORDER, seed, round).shuffled(classesOf(purpose));
}

/** Picture `index` of a purpose, of class `label`. */
function example(purpose: Purpose, seed: number, index: number, label: number): ShapesExample {
  const random = new Random(PURPOSES[purpose], seed, index);
  const scene = chooseScene(label, random);
  return { label, scene, caption: captionOf(scene, random), image: drawScene(scene, random) };
}

/**
 * Batch `step` (0, 1, 2 …) of the training stream: `size` pictures, 1…85, each of another class, for an equal caption
 * would count as a wrong one. Only classes that training may see. Any step can be had at once.
 */
export function trainBatch(seed: number, step: number, size: number): ShapesExample[] {
  const most = SEEN_LABELS.length;
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw new ClipError('shapes: pictures in a batch', {
      expected: size > most ? `at most ${most}` : `a whole number, 1…${most}`,
      got: size,
      hint: `each is of another class, and training sees ${most}`,
    });
  }
  const labels = roundOf('stream', seed, step).slice(0, size);
  return labels.map((label, slot) => example('stream', seed, step * most + slot, label));
}

/** Training pictures without end: the batches of 85, one after another. */
export function* trainStream(seed: number): Generator<ShapesExample, never, undefined> {
  for (let step = 0; ; step++) yield* trainBatch(seed, step, SEEN_LABELS.length);
}

/** One picture of any of the 100 classes (fine label 0…99), in no split and no stream. */
export function shapesExample(label: number, seed: number): ShapesExample {
  if (!ALL_LABELS.includes(label)) {
    throw new ClipError('shapes: a fine label', { expected: `0…${ALL_LABELS.length - 1}`, got: label });
  }
  return example('single', seed, label, label);
}

/** 20 pictures of each of the 100 classes. Not to be looked at while a model is being made. */
export function shapesTest(): Shapes100<'test'> {
  return shapesSplit('test', 20);
}

/** 10 pictures of each of the 85 classes that training sees: what choices are made on. */
export function shapesValidation(): Shapes100<'validation'> {
  return shapesSplit('validation', 10);
}

/** 100 pictures of each of the 85 classes: the training stream's stand-in where a fixed split is wanted. */
export function shapesTrain(): Shapes100<'train'> {
  return shapesSplit('train', 100);
}

/** `rounds` pictures of each of a split's classes, drawn when they are asked for. */
function shapesSplit<Split extends ShapesSplit>(split: Split, rounds: number): Shapes100<Split> {
  const fineLabels = Array.from({ length: rounds }, (_, round) => roundOf(split, 0, round)).flat();
  const count = fineLabels.length;
  const exampleAt = (index: number): ShapesExample => {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new ClipError('picture index', { expected: `0…${count - 1}`, got: index });
    }
    return example(split, 0, index, fineLabels[index]!);
  };
  return {
    split,
    count,
    fineNames: FINE_NAMES,
    coarseNames: COARSE_NAMES,
    fineLabels,
    coarseLabels: fineLabels.map(coarseOf),
    seen: SEEN,
    example: exampleAt,
    image: (index) => exampleAt(index).image,
  };
}
