// Two recordings → a report: a row a key in the order of computation, and the first where they part.
import { ClipError } from '../errors.ts';
import { BARS, type Bars } from './bars.ts';
import type { Scales } from './checks.ts';
import { compareKey, type ParityRow, type Run } from './compare-key.ts';
import { inComputationOrder, type OTHER, type Part, partOf } from './keys.ts';
import { measure } from './measure.ts';
import { numbersOf, type Recording } from './recording.ts';
import { differenceOfTrainings, readTraining } from './training-options.ts';

export interface ParityReport {
  verdict: 'pass' | 'fail';
  /** The name of the first row that is not ok. */
  first: string | null;
  rows: ParityRow[];
  /** Keys that only the actual run has: rows, and failures, unless the expected recording is a subset. */
  unrecorded: string[];
}

export interface CompareOptions {
  /** Some bars other than `BARS`. */
  bars?: Partial<Bars> | undefined;
  /** What is compared; everything unless given. `other` are keys of no known kind. */
  parts?: Iterable<Part | typeof OTHER> | undefined;
  /** The expected recording may lack what the other has. */
  subset?: boolean | undefined;
  /** Called after each row, with the rows done and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Holds every tensor of `expected` to the one of the same name in `actual`, but for what `actual` was given by `expected`
 * itself. Throws ClipError when there is nothing to compare or a file is damaged.
 */
export async function compareRecordings(
  actual: Run,
  expected: Recording,
  options: CompareOptions = {},
): Promise<ParityReport> {
  const { parts, subset = false, onProgress } = options;
  const wanted = parts && new Set(parts);
  const isWanted = (key: string): boolean => !wanted || wanted.has(partOf(key));
  const isGiven = (key: string): boolean =>
    actual.given?.has(key) === true && actual.tensors.get(key) === expected.tensors.get(key);
  const unrecorded = inComputationOrder(actual.tensors.keys()).filter(
    (key) => isWanted(key) && !expected.tensors.has(key),
  );
  const keys = [...expected.tensors.keys()].filter((key) => isWanted(key) && !isGiven(key));
  const ordered = inComputationOrder([...keys, ...(subset ? [] : unrecorded)]);
  const scales = await scalesOf(actual, expected, { ...BARS, ...options.bars }, ordered);
  const rows: ParityRow[] = [];
  for (const key of ordered) {
    rows.push(await compareKey(key, actual, expected, scales));
    onProgress?.(rows.length, ordered.length);
  }
  return reportFrom(rows, unrecorded);
}

/** The report that some rows make. Throws ClipError where there are none: nothing compared is nothing proved. */
export function reportFrom(rows: ParityRow[], unrecorded: string[]): ParityReport {
  if (rows.length === 0) {
    throw new ClipError('nothing to compare', {
      expected: 'values under tap., grad., train., expect. or param. that both sides are asked for',
      got: 'none',
      hint: 'see --parts, and what the recording holds',
    });
  }
  const first = rows.find(({ ok }) => !ok)?.name ?? null;
  return { verdict: first === null ? 'pass' : 'fail', first, rows, unrecorded };
}

/** Rows of a training are then not compared. */
const NO_TRAINING = { lr: Number.NaN, steps: Number.NaN };

/** What single rows are measured by. */
async function scalesOf(
  actual: Recording,
  expected: Recording,
  bars: Bars,
  keys: readonly string[],
): Promise<Scales> {
  let largestGradient = 0;
  for (const key of keys) {
    const tensor = key.startsWith('grad.') && expected.tensors.get(key);
    if (!tensor) continue;
    const values = await numbersOf(tensor);
    largestGradient = Math.max(largestGradient, measure(values, values).largest);
  }
  const [ours, theirs] = [readTraining(actual.metadata), readTraining(expected.metadata)];
  const trainingProblem =
    ours.options && theirs.options
      ? differenceOfTrainings(ours.options, theirs.options)
      : (ours.problem ?? theirs.problem);
  const { lr: learningRate, steps } = theirs.options ?? NO_TRAINING;
  return { bars, largestGradient, learningRate, steps, trainingProblem };
}
