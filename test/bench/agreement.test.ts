import { describe, expect, it } from 'vitest';
import { agreement } from '../../src/bench/agreement.ts';
import { bytesOf, numbersOf } from '../../src/bench/numbers.ts';
import { median } from '../../src/bench/statistics.ts';

const image = { work: 'image', batch: 1 } as const;
const of = (...numbers: number[]) => Float32Array.of(...numbers);

describe('agreement', () => {
  it('is told by the largest difference, as a part of the largest number', () => {
    expect(agreement(image, of(1, 2, -4), of(1, 2, -4))).toEqual({ agrees: true, error: 0 });
    expect(agreement(image, of(1, 2.001, -4), of(1, 2, -4))).toEqual({
      agrees: false,
      error: expect.closeTo(0.00025, 6),
    });
  });

  it('forgives rounding, and not an activation that is nearly right', () => {
    expect(agreement(image, of(1 + 2e-6), of(1)).agrees).toBe(true);
    expect(agreement(image, of(1 + 1e-3), of(1)).agrees).toBe(false);
  });

  it('holds a small batch to the first rows of a large one', () => {
    expect(agreement(image, of(1, 2), of(1, 2, 3, 4)).agrees).toBe(true);
    expect(agreement({ work: 'tokenize', batch: 1 }, of(1, 2), of(1, 2, 3, 4)).agrees).toBe(false);
  });

  it('takes nothing and no numbers for wrong', () => {
    expect(agreement(image, of(), of(1))).toEqual({ agrees: false, error: null });
    expect(agreement(image, of(Number.NaN), of(1))).toEqual({ agrees: false, error: null });
  });

  it('says nothing where nothing is known', () => {
    expect(agreement(image, of(1), undefined)).toEqual({ agrees: null, error: null });
  });
});

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 2, 9], 3],
  ])('of %j is %d', (values, middle) => expect(median(values)).toBe(middle));
});

describe('numbers as text', () => {
  it('come back to the bit', () => {
    const numbers = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
    expect(numbersOf(bytesOf(numbers))).toEqual(numbers);
    expect(numbersOf(Buffer.from(numbers.buffer).toString('base64'))).toEqual(numbers);
  });
});
