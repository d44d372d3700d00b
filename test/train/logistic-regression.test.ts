// The logistic regression beside PyTorch's optimum in double precision, which scripts/record_regression.py recorded, and
// its gradient beside differences of its value.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import { chooseC, validate } from '../../src/train/choose-c.ts';
import { minimize } from '../../src/train/lbfgs.ts';
import { type Examples, LogisticRegression } from '../../src/train/logistic-regression.ts';
import { fixture } from '../support.ts';
import { trainingEngines } from './support.ts';

interface Recorded {
  classes: number;
  features: number[];
  labels: number[];
  fits: { c: number; value: number; weight: number[]; bias: number[] }[];
}
const { fits, ...recorded } = JSON.parse(readFileSync(fixture('regression.json'), 'utf8')) as Recorded;
const examples: Examples = { ...recorded, features: Float32Array.from(recorded.features) };

describe.each(await trainingEngines())('on %s', (engine) => {
  // Measured: up to 4.7e-5, 1.3e-4 and 1.4e-3 of the largest weight. The function is flatter the weaker the regularisation,
  // and float32 sees its value to seven digits: the values agree to 3.3e-7.
  const bars = new Map([
    [0.01, 1e-4],
    [1, 4e-4],
    [100, 4e-3],
  ]);
  test.each(fits)('the optimum for C = $c is PyTorch’s', async ({ c, value, weight, bias }) => {
    await startEngine(engine);
    const before = tf.memory().numTensors;
    const regression = new LogisticRegression(examples);
    const fit = await regression.fit(c, undefined, { tolerance: 1e-7 });
    regression.release();
    expect(tf.memory().numTensors).toBe(before);
    expect(Math.abs(fit.minimum.value - value)).toBeLessThan(1e-6);
    const furthest = (ours: Float32Array, theirs: readonly number[]) =>
      Math.max(...ours.map((x, i) => Math.abs(x - theirs[i]!))) / Math.max(...theirs.map(Math.abs));
    expect(furthest(fit.weight, weight)).toBeLessThan(bars.get(c)!);
    // A constant added to every bias changes no probability.
    const mean = fit.bias.reduce((sum, b) => sum + b / fit.bias.length, 0);
    expect(
      furthest(
        fit.bias.map((b) => b - mean),
        bias,
      ),
    ).toBeLessThan(bars.get(c)!);
  });

  test.each(['nothing', 'logits'])(
    'its gradient is the slope of its value, where %s is known',
    async (known) => {
      await startEngine(engine);
      const bits = randomBits(3);
      const logits = Float32Array.from({ length: 60 * 4 }, () => normal(bits));
      const regression = new LogisticRegression({
        ...examples,
        ...(known === 'logits' && { known: logits }),
      });
      const objective = regression.objective(1);
      const x = Float64Array.from({ length: 9 * 4 }, () => 0.3 * normal(bits));
      const { gradient } = await objective(x);
      const step = 1e-2;
      const learned = known === 'logits' ? 8 * 4 : x.length; // no bias beside what is known
      for (let i = 0; i < learned; i++) {
        const at = async (moved: number) => (await objective(x.with(i, x[i]! + moved))).value;
        // Differences to the fourth order, so that the step can be long enough for float32.
        const slope =
          (8 * ((await at(step)) - (await at(-step))) - ((await at(2 * step)) - (await at(-2 * step)))) /
          (12 * step);
        expect(Math.abs(slope - gradient[i]!)).toBeLessThan(1e-5); // of 0.8 at most; measured 4e-6
      }
      expect([...gradient.subarray(learned)].every((slope) => slope === 0)).toBe(true);
      regression.release();
    },
  );
});

test('L-BFGS finds the bottom of Rosenbrock’s valley', async () => {
  const start = Float64Array.of(-1.2, 1);
  const found = await minimize(
    async ([x, y]) => ({
      value: 100 * (y! - x! ** 2) ** 2 + (1 - x!) ** 2,
      gradient: Float64Array.of(-400 * x! * (y! - x! ** 2) - 2 * (1 - x!), 200 * (y! - x! ** 2)),
    }),
    start,
    { tolerance: 1e-9 },
  );
  expect(found.end).toBe('gradient');
  expect(Math.hypot(found.x[0]! - 1, found.x[1]! - 1)).toBeLessThan(1e-8);
  expect(found.iterations).toBeLessThan(60);
  expect([...start]).toEqual([-1.2, 1]);
});

test('a function that only falls, and one that is no number, both end', async () => {
  const falling = await minimize(
    async ([x]) => ({ value: -x!, gradient: Float64Array.of(-1) }),
    Float64Array.of(0),
  );
  expect(falling.end).toBe('flat');
  const none = await minimize(
    async () => ({ value: NaN, gradient: Float64Array.of(NaN) }),
    Float64Array.of(0),
  );
  expect(none.end).toBe('flat');
  expect([...none.x]).toEqual([0]);
});

/** Noisy examples of three classes: too weak a regularisation learns the noise, too strong a one nothing. */
function noisy(seed: number, count: number): Examples {
  const bits = randomBits(seed);
  const width = 40;
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const features = new Float32Array(count * width);
  labels.forEach((label, row) => {
    for (let i = 0; i < width; i++) features[row * width + i] = normal(bits) + (i === label ? 1.5 : 0);
  });
  return { features, labels, classes: 3 };
}

test('C is chosen where the validation split is best, in fifteen fits', async () => {
  await startEngine('wasm');
  const before = tf.memory().numTensors;
  const [train, validation] = [noisy(1, 90), noisy(2, 300)];
  const progress: number[] = [];
  const { tried, ...chosen } = await chooseC(train, validation, (done, total) => progress.push(done / total));
  expect(tf.memory().numTensors).toBe(before);
  expect(tried.length).toBeLessThanOrEqual(15);
  expect(progress.at(-1)).toBe(1);
  for (const { accuracy } of tried) expect(accuracy).toBeLessThanOrEqual(chosen.accuracy);
  const [strongest, weakest] = [tried[0]!, tried.at(-1)!];
  expect([strongest.c, weakest.c]).toEqual([1e-6, 1e6]);
  expect(chosen.loss).toBeLessThan(strongest.loss);
  expect(chosen.loss).toBeLessThan(weakest.loss);
  expect(chosen.accuracy).toBeGreaterThan(weakest.accuracy);

  // What the chosen one is said to do is what a fit of that C does.
  const regression = new LogisticRegression(train);
  const again = await validate(await regression.fit(chosen.c), validation);
  regression.release();
  expect(Math.abs(again.accuracy - chosen.accuracy)).toBeLessThanOrEqual(2 / 300);
});

test('what no classifier can be learned from is refused', async () => {
  await startEngine('cpu');
  const one = { ...examples, labels: examples.labels.length ? Array(60).fill(2) : [] };
  expect(() => new LogisticRegression(one)).toThrow(/expected at least two classes among them, got 1/);
  const outside = { ...examples, labels: [9, ...Array(59).fill(2)] };
  expect(() => new LogisticRegression(outside)).toThrow(/a label: expected 0…3, got 9/);
  const damaged = { ...examples, features: examples.features.with(3, NaN) };
  expect(() => new LogisticRegression(damaged)).toThrow(/the features: expected numbers, got NaN/);
});
