// What each kind of value is held to: a tensor of ours and a recorded one → errors beside their bars.
import type { Bars } from './bars.ts';
import { type Measured, measure, mixedDistance, normalizedDistance, ratio } from './measure.ts';
import type { Numbers } from './recording.ts';

/** One error against its bar. */
export interface Check {
  /** What `error` counts: max |Δ| over the reference's max, in learning rates, and so on. */
  measure:
    | 'of the max'
    | 'normalised'
    | 'absolute'
    | 'of the gradients'
    | 'of the loss'
    | 'learning rates'
    | 'exact';
  error: number;
  bar: number;
  /** The element where it is largest, counted through the flat tensor. */
  worst: number;
}

/** What a check needs to know of the whole recording. */
export interface Scales {
  bars: Readonly<Bars>;
  largestGradient: number;
  learningRate: number;
  steps: number;
  /** Why nothing of a training can be compared. */
  trainingProblem: string | undefined;
}

export interface Pair {
  key: string;
  shape: readonly number[];
  actual: Numbers;
  expected: Numbers;
}

/** The check of a key that is worst in relation to its bar. `whole` is what `measure` says of the pair. */
export function worstCheck(pair: Pair, whole: Measured, scales: Scales): Check {
  const excess = ({ error, bar }: Check): number => ratio(error, bar);
  return checksOf(pair, whole, scales).reduce((worst, check) =>
    excess(check) > excess(worst) ? check : worst,
  );
}

function checksOf(pair: Pair, whole: Measured, scales: Scales): Check[] {
  const { key, shape, actual, expected } = pair;
  const { bars } = scales;
  const { maxAbs, largest, worst } = whole;
  const relative = (bar: number): Check => ({
    measure: 'of the max',
    error: ratio(maxAbs, largest),
    bar,
    worst,
  });
  if (key.startsWith('tap.logits_per_')) {
    // Cosines may all lie near zero, and nothing can be relative to that: below 1 a logit's error is taken as it is.
    const absolute: Check = { measure: 'absolute', error: maxAbs, bar: bars.logits, worst };
    return largest < 1
      ? [{ ...absolute, bar: Math.min(bars.tap, bars.logits) }]
      : [relative(bars.tap), absolute];
  }
  if (key.startsWith('tap.')) {
    const checks = [relative(bars.tap)];
    if (/^tap\.(image|text)_features$/.test(key)) {
      const distance = normalizedDistance(actual, expected, shape.at(-1) ?? 1);
      checks.push({ measure: 'normalised', bar: bars.features, ...distance });
    }
    return checks;
  }
  if (key.startsWith('grad.')) {
    // Some gradients are zero in exact arithmetic: those are measured by the model's largest.
    const scale = Math.max(largest, scales.largestGradient / 1000);
    return [{ measure: 'of the gradients', error: ratio(maxAbs, scale), bar: bars.grad, worst }];
  }
  if (key === 'train.loss') {
    return [{ measure: 'of the loss', bar: bars.loss, ...mixedDistance(actual, expected) }];
  }
  if (key.startsWith('train.param.')) return checksOfTrained(pair, scales);
  if (key.startsWith('expect.image.')) return [relative(bars.image)];
  return [{ measure: 'exact', error: maxAbs, bar: 0, worst }];
}

/** A softmax does not see what is added to every score, so the keys' biases have a zero gradient and a bar of their own. */
function checksOfTrained({ key, actual, expected }: Pair, { bars, learningRate, steps }: Scales): Check[] {
  const count = expected.length;
  const third = Math.floor(count / 3);
  const [from, to] = key.endsWith('attn.in_proj_bias')
    ? [third, 2 * third] // [3D]: queries, keys, values
    : key.endsWith('attnpool.k_proj.bias')
      ? [0, count]
      : [0, 0];
  const part = (start: number, end: number, bar: number): Check => {
    const { maxAbs, worst } = measure(actual, expected, start, end);
    return { measure: 'learning rates', error: ratio(maxAbs, learningRate), bar, worst };
  };
  return [part(0, from, bars.param), part(from, to, bars.keyBias * steps), part(to, count, bars.param)];
}
