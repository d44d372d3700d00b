// Multinomial logistic regression on features [n, D]: the linear probe of the CLIP paper (appendix A.3). Stands beside
// scikit-learn's LogisticRegression(C=…), whose optimum it has. It minimises, over weight [C, D] and bias [C],
//
//   mean over pictures of −log softmax(W x + b)[label]  +  ‖W‖² / (2 · c · n)
//
// which is scikit-learn's  c · Σ cross-entropy + ‖W‖²/2  divided by c · n; the bias is not penalised.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import { type LbfgsOptions, type Minimum, minimize, type Objective } from './lbfgs.ts';

/** Features, [n, D] row after row, and the class of each row, 0 … classes − 1. */
export interface Examples {
  features: Float32Array;
  labels: ArrayLike<number>;
  classes: number;
  /**
   * What is known of each row before, as logits [n, C]: only W x is learned then, with no bias, and added to them. Nothing
   * unless given.
   */
  known?: Float32Array | undefined;
}

/** What is learned: logits are W x + b, with PyTorch's layout. */
export interface LinearClassifier {
  /** [C, D] */
  weight: Float32Array;
  /** [C] */
  bias: Float32Array;
}

export interface Fit extends LinearClassifier {
  /** How the search for the minimum went. */
  minimum: Minimum;
}

/** Examples on the engine, ready to be fitted to with one regularisation after another. */
export class LogisticRegression {
  readonly #count: number;
  readonly #width: number;
  readonly #classes: number;
  readonly #biased: boolean;
  readonly #mean: Float64Array;
  readonly #rows: tf.Tensor2D; // [n, D], centred
  readonly #columns: tf.Tensor2D; // [D, n], the same turned: no engine then has to, at every step
  readonly #truth: tf.Tensor2D; // [n, C], 1 where the label is
  readonly #known: tf.Tensor; // [n, C], or nothing

  /** Throws ClipError for no examples, features that are no numbers, or labels outside. */
  constructor({ features, labels, classes, known }: Examples) {
    checkExamples(features, labels, classes);
    const count = labels.length;
    const width = features.length / count;
    this.#count = count;
    this.#width = width;
    this.#classes = classes;
    this.#biased = known === undefined;
    this.#mean = this.#biased ? meanOf(features, width) : new Float64Array(width);
    // Around their mean: the bias takes it up, so the optimum is the same, and far fewer steps lead there.
    const centred = features.map((value, i) => value - this.#mean[i % width]!);
    this.#rows = tf.tensor2d(centred, [count, width]);
    this.#columns = tf.transpose(this.#rows) as tf.Tensor2D;
    this.#truth = tf.tidy(() => oneHot(labels, classes));
    this.#known = known ? tf.tensor2d(known, [count, classes]) : tf.scalar(0);
  }

  /** The optimum for regularisation `c` (larger: weaker), scikit-learn's C; from an earlier fit it is sooner found. */
  async fit(c: number, from?: Fit, options?: LbfgsOptions): Promise<Fit> {
    const start = from?.minimum.x ?? new Float64Array((this.#width + 1) * this.#classes);
    const minimum = await minimize(this.objective(c), start, options);
    return { ...this.#classifier(minimum.x), minimum };
  }

  /** The function that is minimised, of W turned, [D, C], and behind it b, [C], both for the centred features. */
  objective(c: number): Objective {
    const size = this.#width * this.#classes; // of W
    const penalty = 1 / (c * this.#count);
    return async (x) => {
      const [losses, weightSlopes, biasSlopes] = tf.tidy(() => this.#forwardAndBack(new Float32Array(x)));
      const [ofPictures, ofWeight, ofBias] = await Promise.all([
        losses.data(),
        weightSlopes.data(),
        biasSlopes.data(),
      ]);
      tf.dispose([losses, weightSlopes, biasSlopes]);
      let value = 0;
      for (const loss of ofPictures) value += loss / this.#count;
      const gradient = new Float64Array(x.length);
      for (let i = 0; i < size; i++) {
        value += (penalty / 2) * x[i]! ** 2;
        gradient[i] = ofWeight[i]! + penalty * x[i]!;
      }
      if (this.#biased) gradient.set(ofBias, size); // else it stays where it began, at zero
      return { value, gradient };
    };
  }

  /** Frees what lies on the engine. */
  release(): void {
    tf.dispose([this.#rows, this.#columns, this.#truth, this.#known]);
  }

  /** Each picture's cross-entropy [n], and the gradient of their mean: by W turned [D, C], by b [C]. */
  #forwardAndBack(x: Float32Array): [tf.Tensor, tf.Tensor, tf.Tensor] {
    const size = this.#width * this.#classes;
    const weight = tf.tensor2d(x.subarray(0, size), [this.#width, this.#classes]); // [D, C]
    const learned = tf.add(tf.matMul(this.#rows, weight), tf.tensor1d(x.subarray(size))); // [n, C]
    const logits = tf.add(learned, this.#known); // [n, C]
    const shifted = tf.sub(logits, tf.max(logits, 1, true)); // [n, C], so that exp stays in range
    const powers = tf.exp(shifted);
    const sums = tf.sum(powers, 1, true); // [n, 1]
    const own = tf.sum(tf.mul(shifted, this.#truth), 1); // [n], the label's logit
    const losses = tf.sub(tf.reshape(tf.log(sums), [this.#count]), own); // [n]
    const slopes = tf.div(tf.sub(tf.div(powers, sums), this.#truth), this.#count) as tf.Tensor2D; // [n, C]
    return [losses, tf.matMul(this.#columns, slopes), tf.sum(slopes, 0)]; // [n], [D, C], [C]
  }

  /** W turned back, and the bias for features that are not centred. */
  #classifier(x: Float64Array): LinearClassifier {
    const [width, classes] = [this.#width, this.#classes];
    const weight = new Float32Array(classes * width); // [C, D]
    const bias = new Float32Array(classes);
    for (let label = 0; label < classes; label++) {
      let shift = x[width * classes + label]!;
      for (let i = 0; i < width; i++) {
        weight[label * width + i] = x[i * classes + label]!;
        shift -= x[i * classes + label]! * this.#mean[i]!;
      }
      bias[label] = shift;
    }
    return { weight, bias };
  }
}

/** [n, C], 1 at each row's label and 0 elsewhere. */
function oneHot(labels: ArrayLike<number>, classes: number): tf.Tensor2D {
  const ids = tf.tensor1d(Int32Array.from(labels), 'int32'); // [n]
  return tf.cast(tf.oneHot(ids, classes), 'float32') as tf.Tensor2D;
}

/** The mean row of [n, D]. */
function meanOf(features: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  features.forEach((value, i) => {
    mean[i % width]! += (value * width) / features.length;
  });
  return mean;
}

function checkExamples(features: Float32Array, labels: ArrayLike<number>, classes: number): void {
  const present = new Set(Array.from(labels));
  if (present.size < 2) {
    throw new ClipError('examples to learn classes from', {
      expected: 'at least two classes among them',
      got: present.size,
      hint: 'one class alone has nothing to be told from',
    });
  }
  if (!(features.length > 0 && features.length % labels.length === 0)) {
    throw new Error(`${labels.length} labels for ${features.length} numbers`);
  }
  for (const label of present) {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new ClipError('a label', { expected: `0…${classes - 1}`, got: label });
    }
  }
  if (!features.every(Number.isFinite)) {
    throw new ClipError('the features', {
      expected: 'numbers',
      got: 'NaN or infinity among them',
      hint: 'the checkpoint is damaged, or holds weights that overflow',
    });
  }
}
