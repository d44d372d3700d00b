// Batches of pictures and their texts → a trained model. What the article's first section describes: matching pairs
// are pulled together, all others of the batch pushed apart, until steps or patience end. CLIP paper, figure 3.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { Parameter } from '../model/module.ts';
import { accumulatedGradients } from './accumulate.ts';
import { AdamW, type AdamWOptions } from './adamw.ts';
import { clipGradients, gradientNorm } from './clip-gradients.ts';
import { Divergence } from './divergence.ts';
import { type Batch, trainableParameters } from './gradients.ts';
import { Lora } from './lora.ts';
import { firstNotFinite } from './not-finite.ts';
import { learningRateAt, type Schedule } from './schedule.ts';

export interface TrainingOptions extends Schedule, AdamWOptions {
  /** Gradients that are longer together are shortened to this. As long as they are, unless given. */
  clipNorm?: number;
  /** Pieces in which a batch goes through the model, for want of memory; the result is the same. 1 unless given. */
  parts?: number;
}

/** Where a training stands: the optimiser's slots, and the next step's number. The model holds the rest. */
export class TrainingState {
  readonly model: CLIP;
  readonly options: TrainingOptions;
  /** What is trained, by name: the model's own parameters or the adapter's. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly optimizer: AdamW;
  readonly divergence: Divergence = new Divergence();
  /** The adapter whose parameters are trained, where those are. */
  readonly lora: Lora | undefined;

  /** A training that has not begun. The model has its first weights, and all of it is trained unless `trained` is given. */
  constructor(model: CLIP, options: TrainingOptions, trained?: ReadonlyMap<string, Parameter> | Lora) {
    checkOptions(options);
    this.model = model;
    this.options = options;
    this.lora = trained instanceof Lora ? trained : undefined;
    this.parameters = trained instanceof Lora ? trained.parameters : (trained ?? trainableParameters(model));
    this.optimizer = new AdamW(this.parameters, options);
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
  /** Of all gradients together, before they were shortened. */
  gradientNorm: number;
  /** Pictures in the batch. */
  pairs: number;
}

/** The batch of a step. Asked for the same step it must give the same batch, or a resumed training goes elsewhere. */
export type Batches = (step: number) => Batch | Promise<Batch>;

/**
 * Trains from where `state` stands up to step `until` (the schedule's end unless given); `onStep` hears of each step and
 * is waited for. Stops with a ClipError on a batch of 1; on a loss or gradient that is no number, before the weights are
 * touched, naming where it first was none; on losses that run away.
 */
export async function train(
  state: TrainingState,
  batches: Batches,
  onStep: (report: StepReport) => void | Promise<void> = () => {},
  until: number = state.options.steps,
): Promise<void> {
  const { model, options, optimizer, parameters } = state;
  try {
    while (state.step < until) {
      const step = state.step;
      const batch = await batches(step);
      checkBatch(batch, step);
      const { loss, accuracy, gradients } = accumulatedGradients(
        model,
        batch,
        parameters,
        options.parts ?? 1,
        (part) => state.lora?.begin(step, part),
      );
      const norm = gradientNorm(gradients);
      try {
        const values = await Promise.all([loss, accuracy, norm].map((scalar) => scalar.data()));
        const [lossValue, accuracyValue, normValue] = values.map(([value]) => value!);
        if (!Number.isFinite(lossValue! + normValue!)) {
          const where = await firstNotFinite(model, batch, parameters, gradients);
          throw notFinite(step, lossValue!, where);
        }
        const learningRate = learningRateAt(step, options);
        if (options.clipNorm !== undefined) clipGradients(gradients, normValue!, options.clipNorm);
        optimizer.step(gradients, learningRate);
        await onStep({
          step,
          loss: lossValue!,
          accuracy: accuracyValue!,
          learningRate,
          gradientNorm: normValue!,
          pairs: batch.images.shape[0],
        });
        state.divergence.see(lossValue!, step, learningRate, batch.images.shape[0]);
      } finally {
        tf.dispose([loss, accuracy, norm, ...gradients.values(), batch.images, batch.tokens]);
      }
    }
  } finally {
    state.lora?.end();
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
  checkPairs(`batch of step ${step}`, pictures);
}

/** Throws ClipError for a batch of fewer than 2 pairs. */
export function checkPairs(what: string, pairs: number): void {
  if (pairs > 1) return;
  throw new ClipError(what, {
    expected: 'at least 2 pairs',
    got: pairs,
    hint: 'a picture alone has no other text to be told from: the contrastive loss is 0 whatever the model does',
  });
}

function notFinite(step: number, loss: number, where: string): ClipError {
  const what = Number.isFinite(loss) ? 'a gradient' : `the loss`;
  const value = Number.isFinite(loss) ? 'no number' : loss;
  return new ClipError(`${what} of step ${step} is ${value}, and the first that is no number is ${where}`, {
    hint: 'a lower learning rate or a longer warm-up; the weights are those of the step before',
  });
}

function checkOptions(options: TrainingOptions): void {
  const { steps, warmup, learningRate, clipNorm = 1, parts = 1 } = options;
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
  if (!(Number.isInteger(parts) && parts > 0)) {
    throw new ClipError('parts of a batch', { expected: 'a whole number from 1', got: parts });
  }
}
