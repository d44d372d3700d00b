// Zero-shot accuracy on a labelled data set, as CLIP papers report it.
import type { Picture } from '../data/pictures/picture.ts';
import type { LoadedModel } from './loaded-model.ts';
import { classify, type ZeroShotHead } from './zero-shot.ts';

export interface LabelledPictures {
  readonly count: number;
  /** A class's number for every picture; the head's labels are in the same order. */
  readonly fineLabels: ArrayLike<number>;
  /** By class, where some are kept from training: whether it was trained on. */
  readonly seen?: readonly boolean[] | undefined;
  image(index: number): Picture;
}

/** All 0 … 1. */
export interface Accuracy {
  count: number;
  top1: number;
  top5: number;
  /** The mean over the classes that occur of each one's top-1. */
  meanPerClass: number;
  /** Top-1 on the classes that training saw and on those it did not, where the data set tells them apart. */
  seen?: { count: number; top1: number };
  unseen?: { count: number; top1: number };
}

const BATCH = 32;
const TOP = 5;

/** Classifies every picture and counts; `onProgress` is called with the pictures done so far. */
export async function evaluate(
  loaded: LoadedModel,
  dataset: LabelledPictures,
  head: ZeroShotHead,
  onProgress?: (done: number) => void,
): Promise<Accuracy> {
  const tally = new Tally(head.labels.length);
  for (let start = 0; start < dataset.count; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, dataset.count - start) }, (_, i) => start + i);
    const pictures = indices.map((i) => dataset.image(i));
    const predictions = await classify(loaded, pictures, head, TOP);
    indices.forEach((index, row) => {
      const truth = dataset.fineLabels[index]!;
      const place = predictions[row]!.findIndex(({ label }) => label === head.labels[truth]);
      tally.add(truth, place < 0 ? TOP : place);
    });
    onProgress?.(start + indices.length);
  }
  return tally.accuracy(dataset.seen);
}

/** Counts, picture by picture, how near the top the right class came. */
export class Tally {
  readonly #counts: Float64Array; // by class
  readonly #right: Float64Array;
  #inTop5 = 0;

  constructor(classes: number) {
    this.#counts = new Float64Array(classes);
    this.#right = new Float64Array(classes);
  }

  /** A picture of class `truth` for which `place` classes are likelier. */
  add(truth: number, place: number): void {
    this.#counts[truth]! += 1;
    if (place === 0) this.#right[truth]! += 1;
    if (place < TOP) this.#inTop5 += 1;
  }

  /** `seen`: by class, whether it was trained on. */
  accuracy(seen?: readonly boolean[]): Accuracy {
    const [counts, right] = [this.#counts, this.#right];
    const count = sum(counts);
    const rates = Array.from(counts, (count, i) => right[i]! / count).filter((rate) => !Number.isNaN(rate));
    const unseen = seen?.map((was) => !was);
    return {
      count,
      top1: sum(right) / count,
      top5: this.#inTop5 / count,
      meanPerClass: sum(rates) / rates.length,
      ...(seen && { seen: among(seen, counts, right) }),
      ...(unseen && { unseen: among(unseen, counts, right) }),
    };
  }
}

/** Top-1 over the chosen classes. */
function among(
  chosen: readonly boolean[],
  counts: Float64Array,
  right: Float64Array,
): { count: number; top1: number } {
  const count = sum(counts.filter((_, i) => chosen[i]));
  return { count, top1: sum(right.filter((_, i) => chosen[i])) / count };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
