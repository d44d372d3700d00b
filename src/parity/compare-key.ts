// One key of two recordings → one row of a report.
import { type Scales, worstCheck } from './checks.ts';
import { measure, ratio } from './measure.ts';
import { type Numbers, numbersOf, type Recording } from './recording.ts';

export interface ParityRow {
  /** The recording's key. */
  name: string;
  /** The expected one. */
  shape: number[];
  /** max |actual − expected|. Null, as the five after it, where nothing could be compared or a value is no number. */
  maxAbs: number | null;
  /** maxAbs over max |expected| */
  relative: number | null;
  /** Between the two as flat vectors. */
  cosine: number | null;
  /** What is held against the bar, and what it counts: `of the max`, `learning rates`, … */
  error: number | null;
  measure: string | null;
  bar: number | null;
  ok: boolean;
  /** After a ReLU: how many units are zero on one side only, where there are any. */
  crossed?: number;
  /** Why nothing could be compared, or what else is wrong. */
  problem?: string;
  /** Where the row is over its bar: the worst element between its neighbours. */
  worst?: { index: number[]; actual: number; expected: number; isWorst: boolean }[];
}

/** A recording of a run that was asked for: it knows what it was given, and why something is not there. */
export interface Run extends Recording {
  /** Keys that it did not compute but took over from whoever asked. */
  given?: ReadonlySet<string>;
  whyAbsent?(key: string): string | undefined;
}

export async function compareKey(
  key: string,
  actual: Run,
  expected: Recording,
  scales: Scales,
): Promise<ParityRow> {
  const [ours, theirs] = [actual.tensors.get(key), expected.tensors.get(key)];
  const shape = [...(theirs ?? ours!).shape];
  const problem = whyIncomparable(key, actual, expected, scales);
  if (problem !== undefined) {
    const nothing = { maxAbs: null, relative: null, cosine: null, error: null, measure: null, bar: null };
    return { name: key, shape, ...nothing, ok: false, problem };
  }
  const pair = { key, shape, actual: await numbersOf(ours!), expected: await numbersOf(theirs!) };
  const whole = measure(pair.actual, pair.expected);
  const { error, measure: kind, bar, worst } = worstCheck(pair, whole, scales);
  const isNumber = Number.isFinite(whole.maxAbs);
  const ok = isNumber && error <= bar;
  const crossed = /\.relu\d$/.test(key) ? crossings(pair.actual, pair.expected) : 0;
  return {
    name: key,
    shape,
    maxAbs: finite(whole.maxAbs),
    relative: finite(ratio(whole.maxAbs, whole.largest)),
    cosine: finite(whole.cosine),
    error: finite(error),
    measure: kind,
    bar,
    ok,
    ...(crossed > 0 && { crossed }),
    ...(!isNumber && { problem: 'a value is no number' }),
    ...(isNumber && error === Infinity && { problem: 'all zeros are expected' }),
    ...(!ok && { worst: around(worst, shape, pair.actual, pair.expected) }),
  };
}

function whyIncomparable(
  key: string,
  actual: Run,
  expected: Recording,
  { trainingProblem }: Scales,
): string | undefined {
  const [ours, theirs] = [actual.tensors.get(key), expected.tensors.get(key)];
  if (!theirs) return 'only in the actual recording';
  if (!ours) return actual.whyAbsent?.(key) ?? 'only in the expected recording';
  if (`${ours.shape}` !== `${theirs.shape}`) return `here it is [${ours.shape.join(', ')}]`;
  return key.startsWith('train.') ? trainingProblem : undefined;
}

/** Where one of two values is zero and the other is not. */
function crossings(actual: Numbers, expected: Numbers): number {
  let count = 0;
  for (let i = 0; i < expected.length; i++) if ((actual[i] === 0) !== (expected[i] === 0)) count += 1;
  return count;
}

/** JSON has no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const SHOWN = 5;

/** The element and its neighbours in the flat tensor, as many as are shown. */
function around(
  worst: number,
  shape: readonly number[],
  actual: Numbers,
  expected: Numbers,
): NonNullable<ParityRow['worst']> {
  const count = Math.min(SHOWN, expected.length);
  const from = Math.max(0, Math.min(worst - (SHOWN >> 1), expected.length - count));
  return Array.from({ length: count }, (_, i) => ({
    index: unravel(from + i, shape),
    actual: actual[from + i]!,
    expected: expected[from + i]!,
    isWorst: from + i === worst,
  }));
}

/** The place in the tensor that is `flat` in its row-major numbers. */
function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return index;
}
