// The head alone: what pictures teach is added to what the texts knew. Logits are s · cosine + W x, of features x of length 1:
// s, which makes the texts as sure as they are right, is fitted first; then W, by logistic regression with the first part
// given. W is drawn towards nothing, so that a few pictures change little, and the texts' knowledge is what is fallen back on.
// The same idea, classifiers around zero-shot ones: CLIP-Adapter (Gao et al. 2021), Tip-Adapter (Zhang et al. 2022), LP++ and
// CLAP (2024). Convex, so that there is no rate, no order and no seed to choose.
import * as tf from '@tensorflow/tfjs-core';
import { normalize } from '../model/ops.ts';
import { type Choice, chooseC } from './choose-c.ts';
import { type Examples, LogisticRegression } from './logistic-regression.ts';

/** What suits a few pictures a class, whatever the set. Measured; more is better where there are hundreds. */
export const HEAD_C = 3;

export interface LearnedHead {
  /** For features of length 1, [C, E]; no bias. */
  weight: Float32Array;
  /** What the texts' cosines count. */
  scale: number;
}

/** Learns a head from features [n, E] around the texts' rows [C, E], each of length 1; neither is changed. */
export async function fitHead(
  examples: Examples,
  rows: Float32Array,
  c: number = HEAD_C,
): Promise<LearnedHead> {
  const { around, scale } = await withTexts(examples, rows);
  const regression = new LogisticRegression(around);
  const { weight } = await regression.fit(c);
  regression.release();
  return { weight: weight.map((value, i) => value + scale * rows[i]!), scale };
}

/** The C that is best on `validation` of heads learned from `train`. */
export async function chooseHeadC(
  train: Examples,
  validation: Examples,
  rows: Float32Array,
  onProgress?: (done: number, total: number) => void,
): Promise<Choice> {
  const { around, scale } = await withTexts(train, rows);
  return chooseC(around, (await withTexts(validation, rows, scale)).around, onProgress);
}

/** The examples with their features at length 1 and what the texts say of them; the scale is fitted unless given. */
async function withTexts(
  { features, labels, classes }: Examples,
  rows: Float32Array,
  given?: number,
): Promise<{ around: Examples; scale: number }> {
  const shape: [number, number] = [labels.length, rows.length / classes];
  const [unit, similar] = tf.tidy(() => {
    const unit = normalize(tf.tensor2d(features, shape)) as tf.Tensor2D; // [n, E]
    return [unit, tf.matMul(unit, tf.tensor2d(rows, [classes, shape[1]]), false, true)] as const; // [n, E], [n, C]
  });
  const [unitRows, cosines] = (await Promise.all([unit.data(), similar.data()])) as [
    Float32Array,
    Float32Array,
  ];
  tf.dispose([unit, similar]);
  const scale = given ?? scaleFor(cosines, labels, classes);
  const known = cosines.map((cosine) => scale * cosine);
  return { around: { features: unitRows, labels, classes, known }, scale };
}

const LARGEST_SCALE = 100; // CLIP's own
/** What the scale is taken to be before any picture was seen; five pictures alone would say anything. */
const FIRST_SCALE = 20;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The scale, 1 … 100, at which softmax(scale · cosine) has the least cross-entropy in all, plus ln²(scale / 20), which a few
 * pictures outweigh; by golden section in its logarithm.
 */
export function scaleFor(cosines: Float32Array, labels: ArrayLike<number>, classes: number): number {
  const loss = (power: number): number =>
    crossEntropy(cosines, labels, classes, Math.exp(power)) + (power - Math.log(FIRST_SCALE)) ** 2;
  let [low, high] = [0, Math.log(LARGEST_SCALE)];
  while (high - low > 1e-3) {
    const step = GOLDEN * (high - low);
    if (loss(high - step) < loss(low + step)) high = low + step;
    else low = high - step;
  }
  return Math.exp((low + high) / 2);
}

function crossEntropy(
  cosines: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  scale: number,
): number {
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const own = cosines[row * classes + labels[row]!]!;
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += Math.exp(scale * (cosines[row * classes + i]! - own)); // at most e²⁰⁰
    total += Math.log(sum);
  }
  return total;
}
