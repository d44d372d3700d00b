// The order in which pictures are seen, and parts of a set. Every choice is drawn with whole numbers from a seed
// (0 … 2³² − 1), so that it is the same on every machine, and a few lines of Python draw the same
// (test/data/sets/order.test.ts has them).
import { ClipError } from '../../errors.ts';
import { type Bits, randomBits, seedFor } from '../random.ts';
import { Fingerprint } from './fingerprint.ts';
import type { PictureSet } from './picture-set.ts';

/** 0 … count − 1, each once, in the order of an epoch (0, 1, 2 …); any epoch can be had at once. */
export function epochOrder(count: number, seed: number, epoch: number): Int32Array {
  return shuffled(
    Int32Array.from({ length: count }, (_, i) => i),
    randomBits(seedFor(seed, `epoch ${epoch}`)),
  );
}

/** In place, after Fisher and Yates. The remainder prefers no number by more than length / 2³² of its share. */
function shuffled(list: Int32Array, bits: Bits): Int32Array {
  for (let last = list.length - 1; last > 0; last--) {
    const other = bits() % (last + 1);
    const kept = list[last]!;
    list[last] = list[other]!;
    list[other] = kept;
  }
  return list;
}

/** The pictures of `set` at `indices` (each 0 … set.count − 1), in that order. */
export function subset(set: PictureSet, indices: ArrayLike<number>, name: string): PictureSet {
  const chosen = Int32Array.from(indices);
  for (const index of chosen) if (index < 0 || index >= set.count) throw outside(set.count, index);
  const there = (index: number): number => {
    if (index in chosen) return chosen[index]!;
    throw outside(chosen.length, index);
  };
  const { labels, captions } = set;
  return {
    name,
    count: chosen.length,
    fingerprint: `${new Fingerprint().add(set.fingerprint).add(chosen)}`,
    classes: set.classes,
    labels: labels && chosen.map((index) => labels[index]!),
    seen: set.seen,
    ...(captions && { captions: (index: number) => captions.call(set, there(index)) }),
    source: (index) => set.source(there(index)),
  };
}

function outside(count: number, index: number): ClipError {
  return new ClipError('picture index', { expected: `0…${count - 1}`, got: index });
}

/**
 * Two parts, each in the set's order: `share` (between 0 and 1) of every class's pictures, rounded, goes to the second,
 * but never all and, of two pictures or more, at least one; a set without classes counts as one class. Throws ClipError
 * where a part would be empty.
 */
export function splitSet(set: PictureSet, share: number, seed: number): [rest: PictureSet, part: PictureSet] {
  if (!(share > 0 && share < 1)) {
    throw new ClipError('the share to split off', { expected: 'a number between 0 and 1', got: share });
  }
  const isPart = new Uint8Array(set.count);
  byClass(set).forEach((pictures, label) => {
    const wanted = Math.max(1, Math.round(share * pictures.length));
    const order = shuffled(Int32Array.from(pictures), randomBits(seedFor(seed, `split ${label}`)));
    for (const index of order.subarray(0, Math.min(wanted, pictures.length - 1))) isPart[index] = 1;
  });
  const all = Array.from(isPart.keys());
  const [rest, part] = [0, 1].map((side) => all.filter((index) => isPart[index] === side));
  if (part!.length === 0) {
    throw new ClipError(`${set.name} is too small to be split`, {
      expected: 'two pictures of a class',
      got: `${set.count} in all`,
    });
  }
  const percent = `${Math.round(share * 1000) / 10} %`;
  return [
    subset(set, rest!, `${set.name} without ${percent}`),
    subset(set, part!, `${percent} of ${set.name}`),
  ];
}

/**
 * Indices of `k` pictures of every class, ascending. With the same seed, those for a smaller k are among those for a
 * larger one. Classes that are kept from training and have no picture are passed over; ClipError where another has fewer
 * than k.
 */
export function fewShot(set: PictureSet, k: number, seed: number): Int32Array {
  if (!Number.isInteger(k) || k < 1) {
    throw new ClipError('pictures a class', { expected: 'a whole number of at least 1', got: k });
  }
  const names = classesOf(set);
  const chosen = byClass(set).flatMap((pictures, label) => {
    if (pictures.length === 0 && set.seen?.[label] === false) return [];
    if (pictures.length < k) {
      throw new ClipError(`${set.name}: pictures of ${names[label]}`, {
        expected: `at least ${k}`,
        got: pictures.length,
      });
    }
    const order = shuffled(Int32Array.from(pictures), randomBits(seedFor(seed, `few ${label}`)));
    return Array.from(order.subarray(0, k));
  });
  return Int32Array.from(chosen).sort();
}

/** Throws ClipError unless the set has classes, and pictures of at least two: with one there is nothing to learn. */
export function checkSeveralClasses(set: PictureSet): void {
  const names = classesOf(set);
  const there = byClass(set).flatMap((pictures, label) => (pictures.length > 0 ? [names[label]!] : []));
  if (there.length > 1) return;
  throw new ClipError(`${set.name} has one class only`, {
    expected: 'pictures of two classes or more',
    got: there[0],
    hint: 'add a folder of pictures that show something else',
  });
}

function classesOf({ name, classes }: PictureSet): readonly string[] {
  if (classes) return classes;
  throw new ClipError(`${name} has no classes`, {
    expected: 'a folder by class, or a table with a column label',
    got: 'captions',
  });
}

/** The indices of each class's pictures; of all, where there are no classes. */
function byClass({ count, classes, labels }: PictureSet): number[][] {
  const lists = Array.from({ length: classes?.length ?? 1 }, (): number[] => []);
  for (let i = 0; i < count; i++) lists[labels?.[i] ?? 0]!.push(i);
  return lists;
}
