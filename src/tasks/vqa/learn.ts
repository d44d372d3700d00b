// Encoded questions with their answers → a trained head. Cross-entropy over the answers seen in training, AdamW by the loop
// that all trainings here share; of all epochs the one that answers the most held-out questions rightly is kept.
import * as tf from '@tensorflow/tfjs-core';
import { releaseModel } from '../../checkpoint/state-dict.ts';
import { randomBits, seedFor, uniform } from '../../data/random.ts';
import { epochOrder } from '../../data/sets/order.ts';
import { ClipError } from '../../errors.ts';
import type { Parameter } from '../../model/module.ts';
import { type FitOptions, FitState, type FitStep, fitParameters } from '../../train/fit.ts';
import { gradientsOf } from '../../train/gradients.ts';
import { firstNotFinite } from '../../train/not-finite.ts';
import { type EncodedQuestions, rowsOf } from './encoded.ts';
import { Fusion } from './fusion.ts';

export interface LearnOptions {
  /** Times that every question is seen; 8, unless given. */
  epochs?: number | undefined;
  /** Width of the MLP's hidden layer; 192, unless given. */
  hidden?: number | undefined;
  learningRate?: number | undefined;
  seed?: number | undefined;
  /** Called after each step with the steps done, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called after each epoch: the mean loss in nats, and the share of held-out questions answered rightly. */
  onEpoch?: ((epoch: number, loss: number, accuracy: number) => void) | undefined;
}

export interface LearnedFusion {
  fusion: Fusion;
  /** What it can answer, in the order of its logits. */
  answers: readonly string[];
  /** On the held-out questions, 0 … 1. */
  accuracy: number;
  /** The epoch that was kept, from 1. */
  epoch: number;
}

const BATCH = 256;
const ADAMW = { beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.05 };

/** Throws ClipError where all answers are the same, and as `fitParameters` does. */
export async function learnFusion(
  train: EncodedQuestions,
  validation: EncodedQuestions,
  patches: { count: number; width: number } | undefined,
  { epochs = 8, hidden = 192, learningRate = 2e-3, seed = 1, onProgress, onEpoch }: LearnOptions = {},
): Promise<LearnedFusion> {
  const answers = [...new Set(train.items.map(({ answer }) => answer))].sort();
  if (answers.length < 2) {
    throw new ClipError('all questions have the same answer', {
      expected: 'two different answers or more',
      got: answers[0],
    });
  }
  const fusion = new Fusion({ width: train.questionWidth, hidden, answers: answers.length, patches });
  const parameters = new Map(fusion.namedParameters());
  initialise(parameters, seed);
  const numbers = new Map(answers.map((answer, number) => [answer, number]));
  const targets = Int32Array.from(train.items, ({ answer }) => numbers.get(answer)!);
  const batch = Math.min(BATCH, targets.length);
  const perEpoch = Math.floor(targets.length / batch);
  const steps = epochs * perEpoch;
  const warmup = Math.min(100, Math.floor(steps / 10));
  const state = new FitState(parameters, { ...ADAMW, steps, warmup, learningRate } satisfies FitOptions);

  let order = new Int32Array();
  const stepOf = (step: number): FitStep => {
    const within = step % perEpoch;
    if (within === 0) order = epochOrder(targets.length, seed, step / perEpoch) as Int32Array<ArrayBuffer>;
    const items = order.subarray(within * batch, (within + 1) * batch);
    return fusionStep(
      fusion,
      parameters,
      rowsOf(train, items),
      items.map((item) => targets[item]!),
    );
  };
  let [sum, best] = [0, { accuracy: -1, epoch: 0, values: new Map<string, tf.Tensor>() }];
  try {
    await fitParameters(state, stepOf, async ({ step, loss }) => {
      sum += loss;
      onProgress?.(step + 1, steps);
      if ((step + 1) % perEpoch !== 0) return;
      const epoch = (step + 1) / perEpoch;
      const accuracy = share(await rightOnes(fusion, answers, validation));
      onEpoch?.(epoch, sum / perEpoch, accuracy);
      sum = 0;
      if (accuracy <= best.accuracy) return;
      tf.dispose([...best.values.values()]);
      const copy = ([name, { value }]: [string, Parameter]) => [name, tf.clone(value)] as const;
      best = { accuracy, epoch, values: new Map([...parameters].map(copy)) };
    });
    for (const [name, value] of best.values) parameters.get(name)!.assignStored(value);
  } catch (error) {
    releaseModel(fusion);
    throw error;
  } finally {
    tf.dispose([...best.values.values()]);
    state.release();
  }
  return { fusion, answers, accuracy: best.accuracy, epoch: best.epoch };
}

function fusionStep(
  fusion: Fusion,
  parameters: ReadonlyMap<string, Parameter>,
  [images, questions]: [tf.Tensor2D, tf.Tensor2D],
  targets: Int32Array,
): FitStep {
  const answers = fusion.shape.answers;
  const truth = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(targets, 'int32'), answers), 'float32')); // [n, A]
  let accuracy!: tf.Scalar;
  const forward = (): tf.Scalar => {
    const logits = fusion.call(images, questions) as tf.Tensor2D; // [n, A]
    accuracy = tf.keep(
      tf.tidy(() => tf.mean(tf.equal(tf.argMax(logits, 1), tf.argMax(truth, 1))) as tf.Scalar),
    );
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), truth), 1)));
  };
  const { value: loss, gradients } = gradientsOf(forward, parameters);
  return {
    loss,
    accuracy,
    gradients,
    pairs: targets.length,
    blame: () =>
      firstNotFinite(
        parameters,
        ['the pictures’ features', images],
        () => fusion.call(images, questions),
        gradients,
      ),
    release: () => tf.dispose([images, questions, truth]),
  };
}

/** PyTorch's defaults for Linear and LayerNorm; positions as CLIP's own. */
function initialise(parameters: ReadonlyMap<string, Parameter>, seed: number): void {
  for (const [name, parameter] of parameters) {
    const bits = randomBits(seedFor(seed, name));
    const { shape, size } = parameter;
    const weight = shape.length > 1 ? shape : parameters.get(name.replace(/bias$/, 'weight'))!.shape;
    const isNorm = name.includes('.ln.');
    const reach = name.endsWith('positional_embedding') ? 0.02 : weight[1]! ** -0.5;
    const values = new Float32Array(size).map(() =>
      isNorm ? Number(name.endsWith('weight')) : reach * uniform(bits),
    );
    tf.tidy(() => parameter.assign(tf.tensor(values, [...shape])));
  }
}

const CHUNK = 512; // questions in one call

/** For each item, whether the best answer is its own. */
export async function rightOnes(
  fusion: Fusion,
  answers: readonly string[],
  encoded: EncodedQuestions,
): Promise<boolean[]> {
  const right: boolean[] = [];
  for (let start = 0; start < encoded.items.length; start += CHUNK) {
    const count = Math.min(CHUNK, encoded.items.length - start);
    const rows = rowsOf(
      encoded,
      Int32Array.from({ length: count }, (_, i) => start + i),
    );
    const best = tf.tidy(() => tf.argMax(fusion.call(...rows), 1)); // [n]
    const numbers = await best.data();
    tf.dispose([...rows, best]);
    for (let i = 0; i < count; i++) right.push(answers[numbers[i]!] === encoded.items[start + i]!.answer);
  }
  return right;
}

function share(right: readonly boolean[]): number {
  return right.filter(Boolean).length / right.length;
}
