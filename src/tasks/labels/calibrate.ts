// From cosines to probabilities: for each label a logistic function of the cosine, fitted on pictures of which it is known
// whether the label is true (Platt 1999, "Probabilistic outputs for support vector machines", with his targets, which are
// never quite 0 and 1, so that a label that divides perfectly gets a finite slope too).
import type { LinearHead } from '../../checkpoint/head-file.ts';
import { ClipError } from '../../errors.ts';
import { logistic } from './multi-label.ts';

/** probability = logistic(slope · cosine + offset). It is a half at the cosine −offset / slope: the label's threshold. */
export interface Calibration {
  slope: number;
  offset: number;
}

const STEPS = 100;
const DAMPING = 1e-6; // keeps the two equations solvable where all cosines are equal
const ENOUGH = 1e-9; // change of the loss, relative, at which it is as good as it gets

/** One label: its cosines with some pictures, and for which of them it is true. Newton's method, halving steps that lose. */
export function fitLogistic(cosines: readonly number[], truths: readonly boolean[]): Calibration {
  const positive = truths.filter(Boolean).length;
  const high = (positive + 1) / (positive + 2);
  const low = 1 / (truths.length - positive + 2);
  const targets = truths.map((truth) => (truth ? high : low));
  let [slope, offset] = [0, Math.log((positive + 1) / (truths.length - positive + 1))];
  let loss = lossOf(cosines, targets, slope, offset);
  for (let step = 0; step < STEPS; step++) {
    let [gradientSlope, gradientOffset] = [0, 0];
    let [squares, sums, weights] = [DAMPING, 0, DAMPING];
    cosines.forEach((x, i) => {
      const p = logistic(slope * x + offset);
      const [error, weight] = [p - targets[i]!, p * (1 - p)];
      gradientSlope += error * x;
      gradientOffset += error;
      squares += weight * x * x;
      sums += weight * x;
      weights += weight;
    });
    const determinant = squares * weights - sums * sums;
    const slopeStep = (weights * gradientSlope - sums * gradientOffset) / determinant;
    const offsetStep = (squares * gradientOffset - sums * gradientSlope) / determinant;
    let share = 1;
    let next = loss;
    for (; share > 1e-10; share /= 2) {
      next = lossOf(cosines, targets, slope - share * slopeStep, offset - share * offsetStep);
      if (next < loss) break;
    }
    if (!(next < loss)) break;
    [slope, offset] = [slope - share * slopeStep, offset - share * offsetStep];
    const gained = loss - next;
    loss = next;
    if (gained < ENOUGH * loss) break;
  }
  return { slope, offset };
}

/** The cross entropy, computed without overflow. */
function lossOf(
  cosines: readonly number[],
  targets: readonly number[],
  slope: number,
  offset: number,
): number {
  let sum = 0;
  cosines.forEach((x, i) => {
    const logit = slope * x + offset;
    sum += Math.max(logit, 0) - logit * targets[i]! + Math.log1p(Math.exp(-Math.abs(logit)));
  });
  return sum;
}

/**
 * A head whose labels are independent: each label's text feature [C, E], row after row and of length 1, times its slope, and its
 * offset. `cosines` and `truths` are [N][C]. Throws ClipError for a label that is true of no picture, or of all of them.
 */
export function calibratedHead(
  labels: readonly string[],
  texts: Float32Array,
  cosines: readonly (readonly number[])[],
  truths: readonly (readonly boolean[])[],
): LinearHead {
  const width = texts.length / labels.length;
  const weight = new Float32Array(texts.length);
  const bias = new Float32Array(labels.length);
  labels.forEach((label, c) => {
    const known = truths.map((row) => row[c]!);
    const positive = known.filter(Boolean).length;
    if (positive === 0 || positive === known.length) {
      throw new ClipError(`the label "${label}" cannot be calibrated`, {
        expected: 'pictures of which it is true, and others',
        got: positive === 0 ? 'none of which it is true' : 'only such of which it is true',
        hint: 'it is true where the class or a caption has its words',
      });
    }
    const { slope, offset } = fitLogistic(
      cosines.map((row) => row[c]!),
      known,
    );
    for (let i = c * width; i < (c + 1) * width; i++) weight[i] = slope * texts[i]!;
    bias[c] = offset;
  });
  return { labels, weight, bias, features: 'after', normalized: true, independent: true };
}
