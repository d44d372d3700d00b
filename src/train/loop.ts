// Batches of pictures and their texts → a trained model. What the article's first section describes: matching pairs
// are pulled together, all others of the batch pushed apart, until steps or patience end. CLIP paper, figure 3.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import { AdamW, type AdamWOptions } from './adamw.ts';
import { type Batch, lossAndGradients, trainableParameters } from './gradients.ts';
import { learningRateAt, type Schedule } from './schedule.ts';

export interface TrainingOptions extends Schedule, AdamWOptions {}

/** Where a training stands: the optimiser's slots, and the next step's number. The model holds the rest. */
export class TrainingState {
  readonly model: CLIP;
  readonly options: TrainingOptions;
  readonly optimizer: AdamW;

  /** A training that has not begun. The model has its first weights. */
  constructor(model: CLIP, options: TrainingOptions) {
    checkOptions(options);
    this.model = model;
    this.options = options;
    this.optimizer = new AdamW(trainableParameters(model), options);
  }

  /** Steps made so far, which is also the next step's number. */
  get step(): number {
    return this.optimizer.steps;
  }

  /** Frees the optimiser's slots, not the model. */
  release(): void {
    this.optimizer.release();
  }
}

/** One step, as it went. */
export interface StepReport {
  /** Its number, from 0. */
  step: number;
  /** Of the batch, before the step was taken, in nats. */
  loss: number;
  /** The share of the batch's pictures whose own text was the nearest, 0 … 1. */
  accuracy: number;
  learningRate: number;
  /** Pictures in the batch. */
  pairs: number;
}

/** The batch of a step. Asked for the same step it must give the same batch, or a resumed training goes elsewhere. */
export type Batches = (step: number) => Batch | Promise<Batch>;

/**
 * Trains from where `state` stands up to step `until` (the schedule's end unless given); `onStep` hears of each step and
 * is waited for. Stops with a ClipError on a batch of 1 and, before the weights are touched, on a loss that is no number.
 */
export async function train(
  state: TrainingState,
  batches: Batches,
  onStep: (report: StepReport) => void | Promise<void> = () => {},
  until: number = state.options.steps,
): Promise<void> {
  const { model, options, optimizer } = state;
  while (state.step < until) {
    const step = state.step;
    const batch = await batches(step);
    checkBatch(batch, step);
    const { loss, accuracy, gradients } = lossAndGradients(model, batch);
    const tensors = [loss, accuracy, ...gradients.values(), batch.images, batch.tokens];
    try {
      const [[lossValue], [accuracyValue]] = await Promise.all([loss.data(), accuracy.data()]);
      checkLoss(lossValue!, step);
      const learningRate = learningRateAt(step, options);
      optimizer.step(gradients, learningRate);
      const pairs = batch.images.shape[0];
      await onStep({ step, loss: lossValue!, accuracy: accuracyValue!, learningRate, pairs });
    } finally {
      tf.dispose(tensors);
    }
  }
}

function checkBatch({ images, tokens }: Batch, step: number): void {
  const [pictures, texts] = [images.shape[0], tokens.shape[0]];
  if (pictures === texts && pictures > 1) return;
  tf.dispose([images, tokens]);
  if (pictures !== texts) {
    throw new ClipError(`batch of step ${step}`, {
      expected: 'a text for each picture',
      got: `${pictures}, ${texts}`,
    });
  }
  throw new ClipError(`batch of step ${step}`, {
    expected: 'at least 2 pairs',
    got: pictures,
    hint: 'a picture alone has no other text to be told from: the contrastive loss is 0 whatever the model does',
  });
}

function checkLoss(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new ClipError(`the loss of step ${step} is ${loss}`, {
    hint: 'a lower learning rate or a longer warm-up; the weights are those of the step before',
  });
}

function checkOptions(options: TrainingOptions): void {
  const { steps, warmup, learningRate } = options;
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
}
