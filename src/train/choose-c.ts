// Which regularisation a logistic regression should have: the one whose classifier is best on examples that it was not
// fitted to. The CLIP paper's sweep (appendix A.3): seven values of C from 1e-6 to 1e6, then the interval around the
// best halved until an eighth of a decade is left, which stands for the 97 values of a full sweep and fits 15 of them.
import * as tf from '@tensorflow/tfjs-core';
import { type Examples, type Fit, type LinearClassifier, LogisticRegression } from './logistic-regression.ts';

const [LEAST, MOST] = [-6, 6]; // powers of ten
const COARSE = 2;
const FINEST = 0.125;
const FITS: number = (MOST - LEAST) / COARSE + 1 + 2 * Math.log2(COARSE / FINEST);
/** scikit-learn's; the fits of a search need not be better than what tells them apart. */
const TOLERANCE = 1e-4;
const ITERATIONS = 200;

export interface Validated {
  c: number;
  /** On the validation examples, 0 … 1. */
  accuracy: number;
  /** Their mean cross-entropy, in nats: what decides where accuracies are equal. */
  loss: number;
}

export interface Choice extends Validated {
  /** Every C that was tried, in rising order, the best one too. */
  tried: readonly Validated[];
}

/** Fits to `train`, judges on `validation`; `onProgress` hears fits done and in all. */
export async function chooseC(
  train: Examples,
  validation: Examples,
  onProgress?: (done: number, total: number) => void,
): Promise<Choice> {
  const regression = new LogisticRegression(train);
  const tried = new Map<number, Validated & { fit: Fit }>(); // by the power of ten
  const attempt = async (power: number): Promise<void> => {
    if (power < LEAST || power > MOST) return;
    const c = 10 ** power;
    const fit = await regression.fit(c, nearest(tried, power)?.fit, {
      tolerance: TOLERANCE,
      iterations: ITERATIONS,
    });
    tried.set(power, { c, fit, ...(await validate(fit, validation)) });
    onProgress?.(tried.size, FITS);
  };
  try {
    for (let power = LEAST; power <= MOST; power += COARSE) await attempt(power);
    for (let step = COARSE / 2; step >= FINEST; step /= 2) {
      const power = Math.log10(best(tried.values()).c);
      for (const next of [power - step, power + step]) await attempt(Math.round(next / FINEST) * FINEST);
    }
  } finally {
    regression.release();
  }
  onProgress?.(FITS, FITS);
  const all = [...tried.values()].map(({ fit, ...rest }) => rest).sort((a, b) => a.c - b.c);
  return { ...best(all), tried: all };
}

/** Accuracy and mean cross-entropy of a classifier, beside what is known where the examples have that. */
export async function validate(
  { weight, bias }: LinearClassifier,
  { features, labels, classes, known }: Examples,
): Promise<{ accuracy: number; loss: number }> {
  const [found, losses] = tf.tidy(() => {
    const rows = tf.tensor2d(features, [labels.length, features.length / labels.length]); // [n, D]
    const columns = tf.transpose(tf.tensor2d(weight, [classes, rows.shape[1]])) as tf.Tensor2D; // [D, C]
    const learned = tf.add(tf.matMul(rows, columns), tf.tensor1d(bias)); // [n, C]
    const logits = known ? tf.add(learned, tf.tensor2d(known, [labels.length, classes])) : learned;
    return [tf.argMax(logits, 1), tf.neg(tf.logSoftmax(logits))] as const; // [n], [n, C]
  });
  const [winners, rows] = await Promise.all([found.data(), losses.data()]);
  tf.dispose([found, losses]);
  let [right, loss] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (winners[i] === labels[i]) right += 1;
    loss += rows[i * classes + labels[i]!]! / labels.length;
  }
  return { accuracy: right / labels.length, loss };
}

function best<T extends Validated>(all: Iterable<T>): T {
  return [...all].reduce((a, b) =>
    b.accuracy > a.accuracy || (b.accuracy === a.accuracy && b.loss < a.loss) ? b : a,
  );
}

/** What was tried nearest to a power of ten: where the next search begins. */
function nearest<T>(tried: ReadonlyMap<number, T>, power: number): T | undefined {
  const powers = [...tried.keys()].sort((a, b) => Math.abs(a - power) - Math.abs(b - power));
  return tried.get(powers[0] ?? Number.NaN);
}
