// How far two tensors of one shape are apart, in the forms that bars are written in.
import type { Numbers } from './recording.ts';

/** A distance, and the place where it is largest. */
export interface Distance {
  error: number;
  /** The element, counted from 0 through the flat tensor. */
  worst: number;
}

export interface Measured {
  /** max |actual − expected|; Infinity where one of the two is no number. */
  maxAbs: number;
  /** max |expected| */
  largest: number;
  /** Between the two as vectors, 1 where both are zero. */
  cosine: number;
  worst: number;
}

/** `from` … `to − 1` of the flat tensors. */
export function measure(
  actual: Numbers,
  expected: Numbers,
  from = 0,
  to: number = expected.length,
): Measured {
  let [maxAbs, worst, largest, dot, ours, theirs] = [0, from, 0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const distance = distanceOf(a, b);
    if (distance > maxAbs) [maxAbs, worst] = [distance, i];
    const size = Math.abs(b);
    if (size > largest) largest = size;
    dot += a * b;
    ours += a * a;
    theirs += b * b;
  }
  const cosine = ours === 0 && theirs === 0 ? 1 : dot === 0 ? 0 : dot / Math.sqrt(ours) / Math.sqrt(theirs);
  return { maxAbs, largest, cosine, worst };
}

/** A distance that is infinite where it cannot be told; equal infinities are no distance. */
function distanceOf(a: number, b: number): number {
  if (a === b) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}

/** Nothing over nothing is no error. */
export function ratio(error: number, scale: number): number {
  return error === 0 ? 0 : error / scale;
}

/** max |Δ| after every row of `width` numbers was scaled to length 1. */
export function normalizedDistance(actual: Numbers, expected: Numbers, width: number): Distance {
  let [error, worst] = [0, 0];
  for (let row = 0; row < expected.length; row += width) {
    const [ours, theirs] = [lengthOf(actual, row, width), lengthOf(expected, row, width)];
    for (let i = row; i < row + width; i++) {
      const distance = distanceOf(actual[i]! / ours, expected[i]! / theirs);
      if (distance > error) [error, worst] = [distance, i];
    }
  }
  return { error, worst };
}

function lengthOf(values: Numbers, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}

/** max |Δ| / max(1, |expected|): relative above 1, absolute below. */
export function mixedDistance(actual: Numbers, expected: Numbers): Distance {
  let [error, worst] = [0, 0];
  expected.forEach((b, i) => {
    const distance = distanceOf(actual[i]!, b) / (Math.abs(b) > 1 ? Math.abs(b) : 1); // a NaN stays infinitely far
    if (distance > error) [error, worst] = [distance, i];
  });
  return { error, worst };
}
