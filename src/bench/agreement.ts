// Whether two programs computed the same: a fast wrong answer is no answer.
import type { Item, Work } from './work.ts';

/**
 * How far off an answer may be, max |Δ| over the reference's max. Features: two right programs part by 2e-6 here, a wrong
 * activation by 1e-2. Losses, before the first step and before the second. Pixels: one of 255 levels is 0.007 of their
 * largest, so less than half of it is none. Ids are equal.
 */
const BARS: Readonly<Record<Work, number>> = {
  load: 2e-5,
  preprocess: 3e-3,
  tokenize: 0,
  image: 2e-5,
  text: 2e-5,
  'text-trimmed': 2e-5,
  train: 1e-5,
  'cold-start': 0,
};

/** Works whose answer for a batch begins with that for a smaller one. */
const BY_ROW: readonly Work[] = ['image', 'text', 'text-trimmed'];

export interface Agreement {
  /** Null where there is nothing to compare. */
  agrees: boolean | null;
  /** max |Δ| / max |expected|; null also where an answer has another length, or is no number. */
  error: number | null;
}

/** Holds an answer to the right one, which may be of a larger batch. */
export function agreement(
  { work }: Item,
  actual: Float32Array,
  expected: Float32Array | undefined,
): Agreement {
  if (!expected) return { agrees: null, error: null };
  const part = BY_ROW.includes(work) ? expected.subarray(0, actual.length) : expected;
  const error = relativeError(actual, part);
  return error === undefined ? { agrees: false, error: null } : { agrees: error <= BARS[work], error };
}

function relativeError(actual: Float32Array, expected: Float32Array): number | undefined {
  if (actual.length !== expected.length || actual.length === 0) return undefined;
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(distance)) return undefined;
    worst = Math.max(worst, distance);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst === 0 ? 0 : worst / largest;
}
