import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FINE_NAMES, SEEN } from '../../../src/data/shapes/classes.ts';
import { Random } from '../../../src/data/shapes/random.ts';
import {
  type ShapesExample,
  shapesExample,
  shapesTest,
  shapesTrain,
  shapesValidation,
  trainBatch,
  trainStream,
} from '../../../src/data/shapes/shapes.ts';
import { ClipError } from '../../../src/errors.ts';

function digest(examples: readonly ShapesExample[]): string {
  const hash = createHash('sha256');
  for (const { image, label, caption } of examples) hash.update(image.data).update(`${label} ${caption}\n`);
  return hash.digest('hex');
}

describe('random numbers', () => {
  it("are sfc32's", () => {
    // The algorithm once more, from PractRand's description, in whole numbers without a size.
    const mask = 0xffff_ffffn;
    let [a, b, c, counter] = [5n, BigInt(9 << 24), 7n, 1n];
    const word = () => {
      const sum = (a + b + counter) & mask;
      counter += 1n;
      a = b ^ (b >> 9n);
      b = (c + (c << 3n)) & mask;
      c = (((c << 21n) | (c >> 11n)) + sum) & mask;
      return Number(sum);
    };
    for (let i = 0; i < 15; i++) word();
    const random = new Random(9, 5, 7);
    for (let i = 0; i < 100; i++) expect(random.next()).toBe(word() / 2 ** 32);
  });

  it('spread evenly', () => {
    const random = new Random(9, 0, 0);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.below(10)]! += 1;
    // Expected 10,000 with a deviation of 95: five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
    let [east, north] = [0, 0];
    for (let i = 0; i < 10_000; i++) {
      const [cos, sin] = random.direction();
      expect(cos * cos + sin * sin).toBeCloseTo(1, 12);
      east += cos;
      north += sin;
    }
    // A mean of 10,000 has a deviation of 0.007.
    expect(Math.hypot(east, north) / 10_000).toBeLessThan(0.035);
  });
});

describe('the training stream', () => {
  it('is the same on every machine', () => {
    // Recorded once. A change here changes every picture, and the embedded model was trained on these.
    expect(digest(trainBatch(0, 0, 85))).toBe(
      '6aa60da9e7fff424b14dad6f405e7f902d16e433365074eb89945665cd5bf869',
    );
  });

  it('can be had from anywhere: a batch is a piece of the stream', () => {
    const stream = trainStream(7);
    const begin = Array.from({ length: 3 * 85 }, () => stream.next().value);
    expect(digest(trainBatch(7, 2, 85))).toBe(digest(begin.slice(170)));
    expect(digest(trainBatch(7, 1, 20))).toBe(digest(begin.slice(85, 105)));
  });

  it('has each class once a batch, each caption too, and none that is held out', () => {
    for (let step = 0; step < 30; step++) {
      const batch = trainBatch(1, step, 85);
      expect(new Set(batch.map(({ label }) => label)).size).toBe(85);
      expect(new Set(batch.map(({ caption }) => caption)).size).toBe(85);
      expect(batch.every(({ label }) => SEEN[label])).toBe(true);
    }
  });

  it('differs from seed to seed and from step to step', () => {
    const batches = [
      trainBatch(1, 0, 4),
      trainBatch(2, 0, 4),
      trainBatch(1, 1, 4),
      trainBatch(2 ** 40, 0, 4),
    ];
    expect(new Set(batches.map(digest)).size).toBe(4);
    const pictures = Array.from({ length: 20 }, (_, step) => trainBatch(1, step, 85)).flat();
    expect(new Set(pictures.map(({ image }) => digest([{ image } as ShapesExample]))).size).toBe(1700);
  });

  it.each([
    [0, 0, 86, /expected at most 85, got 86/],
    [0, 0, 0, /expected a whole number, 1…85, got 0/],
    [0, 0, 1.5, /expected a whole number, 1…85, got 1.5/],
    [-1, 0, 2, /the seed: expected a whole number, 0 or more, got -1/],
    [0, Number.NaN, 2, /the index: expected a whole number, 0 or more, got NaN/],
  ])('refuses seed %d, step %d, size %d', (seed, step, size, message) => {
    expect(() => trainBatch(seed, step, size)).toThrow(ClipError);
    expect(() => trainBatch(seed, step, size)).toThrow(message);
  });
});

describe('the splits', () => {
  it.each([
    [shapesTest(), 2000, 20, 100],
    [shapesValidation(), 850, 10, 85],
    [shapesTrain(), 8500, 100, 85],
  ])('have as many pictures of each class as they say (%#)', (split, count, each, classes) => {
    expect([split.count, split.fineLabels.length, split.coarseLabels.length]).toEqual([count, count, count]);
    const counts = FINE_NAMES.map((_, fine) => split.fineLabels.filter((label) => label === fine).length);
    expect(counts.filter((found) => found === each)).toHaveLength(classes);
    expect(counts.filter((found) => found === 0)).toHaveLength(100 - classes);
    if (classes === 85) expect(counts.every((found, fine) => found === 0 || SEEN[fine])).toBe(true);
    expect(split.seen).toBe(SEEN);
  });

  it('have no picture in common', () => {
    const splits = [shapesTest(), shapesValidation(), shapesTrain()];
    const pictures = splits.flatMap((split) =>
      Array.from({ length: 300 }, (_, i) => digest([{ image: split.image(i) } as ShapesExample])),
    );
    expect(new Set(pictures).size).toBe(900);
  });

  it('give the same picture each time, and none outside', () => {
    const split = shapesTest();
    expect(split.image(1999)).toEqual(shapesTest().image(1999));
    for (const index of [-1, 2000, 0.5, Number.NaN]) {
      expect(() => split.image(index)).toThrow(/picture index: expected 0…1999, got/);
    }
  });

  it('leave single pictures aside', () => {
    expect(shapesExample(13, 4).scene.label).toBe(13);
    expect(() => shapesExample(100, 4)).toThrow('shapes: a fine label: expected 0…99, got 100');
  });
});
