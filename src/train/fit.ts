// Parameters by name and, for each step, a loss with its gradients → trained parameters: what every training here has in
// common, whatever it learns. AdamW on a schedule, gradients shortened where they are long, and a stop where numbers stop
// being numbers or losses run away. Stands beside PyTorch's loop of loss.backward(), clip_grad_norm_ and optimizer.step().
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { Parameter } from '../model/module.ts';
import { AdamW, type AdamWOptions } from './adamw.ts';
import { clipGradients, gradientNorm } from './clip-gradients.ts';
import { Divergence } from './divergence.ts';
import { learningRateAt, type Schedule } from './schedule.ts';

export interface FitOptions extends Schedule, AdamWOptions {
  /** Gradients that are longer together are shortened to this. As long as they are, unless given. */
  clipNorm?: number;
}

/** Where a training stands: the optimiser's slots, and the next step's number. Whoever made the parameters holds the rest. */
export class FitState {
  readonly options: FitOptions;
  /** What is trained, by name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Of what the parameters belong to: must be the same when a saved training is resumed. */
  readonly config: object;
  readonly optimizer: AdamW;
  readonly divergence: Divergence = new Divergence();

  /** A training that has not begun: the parameters have their first values. Throws ClipError for options that cannot be. */
  constructor(parameters: ReadonlyMap<string, Parameter>, options: FitOptions, config: object = {}) {
    checkOptions(options);
    this.options = options;
    this.parameters = parameters;
    this.config = config;
    this.optimizer = new AdamW(parameters, options);
  }

  /** Steps made so far, which is also the next step's number. */
  get step(): number {
    return this.optimizer.steps;
  }

  /** Frees the optimiser's slots, not the parameters. */
  release(): void {
    this.optimizer.release();
  }
}

/** One step, before it is taken. `fitParameters` disposes of its tensors. */
export interface FitStep {
  /** In nats. */
  loss: tf.Scalar;
  /** The share of what was to be told that was told right, 0 … 1. */
  accuracy: tf.Scalar;
  /** For each parameter by name, in its stored order. */
  gradients: Map<string, tf.Tensor>;
  /** Pictures in the batch. */
  pairs: number;
  /** Of how many answers, equally likely, a model that knows nothing picks: losses of ln `choices` alone are a collapse. Not looked for unless given. */
  choices?: number;
  /** Names what is no number first, where the loss or a gradient is none. */
  blame(): Promise<string>;
  /** Frees the batch. */
  release(): void;
}

/** One step, as it went. */
export interface StepReport {
  /** Its number, from 0. */
  step: number;
  /** Of the batch, before the step was taken, in nats. */
  loss: number;
  /** The share of the batch that was told right, 0 … 1; in a contrastive training, of pictures whose own text was the nearest. */
  accuracy: number;
  learningRate: number;
  /** Of all gradients together, before they were shortened. */
  gradientNorm: number;
  /** Pictures in the batch. */
  pairs: number;
}

/**
 * Trains from where `state` stands up to step `until` (the schedule's end unless given). `stepOf` gives loss and gradients
 * of a step, and must give the same for the same step, or a resumed training goes elsewhere; `onStep` hears of each step
 * and is waited for. Stops with a ClipError on a loss or gradient that is no number, before the parameters are touched,
 * naming where it first was none; on losses that run away.
 */
export async function fitParameters(
  state: FitState,
  stepOf: (step: number) => FitStep | Promise<FitStep>,
  onStep: (report: StepReport) => void | Promise<void> = () => {},
  until: number = state.options.steps,
): Promise<void> {
  const { options, optimizer } = state;
  while (state.step < until) {
    const step = state.step;
    const { gradients, pairs, choices, blame, release, ...scalars } = await stepOf(step);
    const norm = gradientNorm(gradients);
    try {
      const values = await Promise.all([scalars.loss, scalars.accuracy, norm].map((scalar) => scalar.data()));
      const [loss, accuracy, gradientNorm] = values.map(([value]) => value!) as [number, number, number];
      if (!Number.isFinite(loss + gradientNorm)) throw notFinite(step, loss, await blame());
      const learningRate = learningRateAt(step, options);
      if (options.clipNorm !== undefined) clipGradients(gradients, gradientNorm, options.clipNorm);
      optimizer.step(gradients, learningRate);
      await onStep({ step, loss, accuracy, learningRate, gradientNorm, pairs });
      state.divergence.see(loss, step, learningRate, choices);
    } finally {
      tf.dispose([scalars.loss, scalars.accuracy, norm, ...gradients.values()]);
      release();
    }
  }
}

function notFinite(step: number, loss: number, where: string): ClipError {
  const what = Number.isFinite(loss) ? 'a gradient' : `the loss`;
  const value = Number.isFinite(loss) ? 'no number' : loss;
  return new ClipError(`${what} of step ${step} is ${value}, and the first that is no number is ${where}`, {
    hint: 'a lower learning rate or a longer warm-up; the weights are those of the step before',
  });
}

function checkOptions({ steps, warmup, learningRate, clipNorm = 1 }: FitOptions): void {
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new ClipError('training steps', { expected: 'a whole number from 1', got: steps });
  }
  if (!(warmup >= 0 && warmup < steps)) {
    throw new ClipError('warm-up', {
      expected: `0 to ${steps - 1} steps, fewer than the training has`,
      got: warmup,
    });
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new ClipError('learning rate', { expected: 'a number over 0', got: learningRate });
  }
  if (!(clipNorm > 0)) {
    throw new ClipError('the longest gradient', { expected: 'a number over 0', got: clipNorm });
  }
}
