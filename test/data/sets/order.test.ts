// Orders, parts and few-shot choices: the same on every machine, held to what Python draws.
import { expect, test } from 'vitest';
import { checkSeveralClasses, epochOrder, fewShot, splitSet, subset } from '../../../src/data/sets/order.ts';
import type { PictureSet } from '../../../src/data/sets/picture-set.ts';
import { ClipError } from '../../../src/errors.ts';

// def random_bits(seed):
//     state = seed & M                                                  # M = 0xffffffff
//     while True:
//         state = (state + 0x6d2b79f5) & M
//         mixed = (state ^ state >> 15) * (state | 1) & M
//         mixed ^= mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & M) & M
//         yield (mixed ^ mixed >> 14) & M
// def seed_for(seed, name):
//     h = (0x811c9dc5 ^ seed) & M
//     for c in name: h = (h ^ ord(c)) * 0x01000193 & M
//     return h
// def epoch_order(count, seed, epoch):
//     order, bits = list(range(count)), random_bits(seed_for(seed, f"epoch {epoch}"))
//     for last in range(count - 1, 0, -1):
//         other = next(bits) % (last + 1)
//         order[last], order[other] = order[other], order[last]
//     return order
test('an epoch has the order that Python computes', () => {
  expect([...epochOrder(10, 0, 0)]).toEqual([0, 9, 6, 7, 1, 8, 3, 4, 5, 2]);
  expect([...epochOrder(10, 0, 1)]).toEqual([0, 3, 1, 2, 7, 9, 8, 5, 4, 6]);
  expect([...epochOrder(10, 4294967295, 7)]).toEqual([4, 1, 5, 8, 2, 6, 0, 9, 3, 7]);
  const large = epochOrder(100_000, 5, 3);
  expect(large.reduce((sum, value, i) => sum + value * i, 0)).toBe(250_206_020_779_250);
});

test('an epoch has every picture once; none and one are fine', () => {
  expect([...epochOrder(1000, 1, 2)].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
  expect(epochOrder(0, 1, 2)).toHaveLength(0);
  expect([...epochOrder(1, 1, 2)]).toEqual([0]);
});

/** Pictures of the classes that the letters name; picture i is of one pixel, grey value i. */
function setOf(letters: string): PictureSet {
  const classes = [...new Set(letters)].sort();
  return {
    name: letters,
    count: letters.length,
    fingerprint: letters,
    classes,
    labels: [...letters].map((letter) => classes.indexOf(letter)),
    source: (i) => ({ picture: { mode: 'L', width: 1, height: 1, data: Uint8Array.of(i) } }),
  };
}

function greys(set: PictureSet): number[] {
  return Array.from({ length: set.count }, (_, i) => {
    const source = set.source(i);
    return 'picture' in source ? source.picture.data[0]! : -1;
  });
}

const without = (captions: PictureSet): PictureSet => ({
  ...captions,
  classes: undefined,
  labels: undefined,
  captions: (i) => [`caption ${i}`],
});

test('a subset has the labels, captions and pictures of its indices, and a fingerprint of its own', () => {
  const set = setOf('aabbc');
  const part = subset(set, [4, 1], 'part');
  expect([part.name, part.count, part.classes, [...Array.from(part.labels!)]]).toEqual([
    'part',
    2,
    ['a', 'b', 'c'],
    [2, 0],
  ]);
  expect(greys(part)).toEqual([4, 1]);
  expect(subset(without(set), [4, 1], 'part').captions?.(0)).toEqual(['caption 4']);
  const prints = [[4, 1], [1, 4], [4], []].map((indices) => subset(set, indices, 'part').fingerprint);
  expect(new Set([set.fingerprint, ...prints]).size).toBe(5);
  expect(() => part.source(2)).toThrow('expected 0…1, got 2');
  expect(() => subset(set, [5], 'part')).toThrow('expected 0…4, got 5');
});

test('a split takes its share of every class, leaves some of each, and changes with the seed alone', () => {
  const set = setOf(['a'.repeat(10), 'b'.repeat(20), 'cc', 'd'].join(''));
  const [rest, part] = splitSet(set, 0.2, 7);
  expect([...greys(rest), ...greys(part)].sort((a, b) => a - b)).toEqual([...Array(33).keys()]);
  const sizes = [0, 1, 2, 3].map((label) => Array.from(part.labels!).filter((l) => l === label).length);
  expect(sizes).toEqual([2, 4, 1, 0]);
  expect(greys(part)).toEqual(greys(part).toSorted((a, b) => a - b));
  expect(greys(splitSet(set, 0.2, 7)[1])).toEqual(greys(part));
  expect(greys(splitSet(set, 0.2, 8)[1])).not.toEqual(greys(part));
  expect(splitSet(without(set), 0.5, 7).map(({ count }) => count)).toEqual([16, 17]);
});

test('a split that cannot be is refused', () => {
  expect(() => splitSet(setOf('ab'), 0.5, 0)).toThrow(
    /too small to be split: expected two pictures of a class/,
  );
  for (const share of [0, 1, -1, Number.NaN])
    expect(() => splitSet(setOf('aa'), share, 0)).toThrow(ClipError);
});

test('few-shot choices are k of every class, nested in k, ascending', () => {
  const set = setOf('abc'.repeat(20));
  const four = fewShot(set, 4, 3);
  expect([...four]).toEqual([...four].toSorted((a, b) => a - b));
  expect([...four].map((i) => i % 3).toSorted()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  expect([...four]).toEqual(expect.arrayContaining([...fewShot(set, 2, 3)]));
  expect([...fewShot(set, 4, 4)]).not.toEqual([...four]);
});

test('few-shot choices name the class that has too few; one kept from training may have none', () => {
  expect(() => fewShot(setOf('aaab'), 2, 0)).toThrow(/pictures of b: expected at least 2, got 1/);
  const held = { ...setOf('aab'), classes: ['a', 'b', 'c'], seen: [true, true, false] };
  expect(fewShot(held, 1, 0)).toHaveLength(2);
  expect(() => fewShot({ ...held, seen: undefined }, 1, 0)).toThrow(/pictures of c/);
  expect(() => fewShot(setOf('ab'), 0, 0)).toThrow(/whole number/);
  expect(() => fewShot(without(setOf('ab')), 1, 0)).toThrow(/no classes/);
});

test('one class is refused where there must be several', () => {
  expect(() => checkSeveralClasses(setOf('aaa'))).toThrow(/has one class only: .*got a/);
  expect(() => checkSeveralClasses({ ...setOf('aaa'), classes: ['a', 'b'] })).toThrow(/one class only/);
  expect(() => checkSeveralClasses(setOf('ab'))).not.toThrow();
});
