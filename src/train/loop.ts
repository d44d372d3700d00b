// Batches of pictures and their texts → a trained model. What the article's first section describes: matching pairs
// are pulled together, all others of the batch pushed apart, until steps or patience end. CLIP paper, figure 3.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { Parameter } from '../model/module.ts';
import { accumulatedGradients } from './accumulate.ts';
import { type FitOptions, FitState, fitParameters, type StepReport } from './fit.ts';
import { type Batch, trainableParameters } from './gradients.ts';
import { Lora } from './lora.ts';
import { firstNotFinite } from './not-finite.ts';

export type { StepReport } from './fit.ts';

export interface TrainingOptions extends FitOptions {
  /** Pieces in which a batch goes through the model, for want of memory; the result is the same. 1 unless given. */
  parts?: number;
}

/** Where a training stands: the optimiser's slots, and the next step's number. The model holds the rest. */
export class TrainingState extends FitState {
  readonly model: CLIP;
  override readonly options: TrainingOptions;
  /** The adapter whose parameters are trained, where those are. */
  readonly lora: Lora | undefined;

  /** A training that has not begun. The model has its first weights, and all of it is trained unless `trained` is given. */
  constructor(model: CLIP, options: TrainingOptions, trained?: ReadonlyMap<string, Parameter> | Lora) {
    checkParts(options);
    const parameters = trained instanceof Lora ? trained.parameters : (trained ?? trainableParameters(model));
    super(parameters, options, model.config);
    this.options = options;
    this.model = model;
    this.lora = trained instanceof Lora ? trained : undefined;
  }
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
  const { model, options, parameters } = state;
  const stepOf = async (step: number) => {
    const batch = await batches(step);
    checkBatch(batch, step);
    const { images, tokens } = batch;
    const judged = accumulatedGradients(model, batch, parameters, options.parts ?? 1, (part) =>
      state.lora?.begin(step, part),
    );
    const pairs = images.shape[0];
    return {
      ...judged,
      pairs,
      choices: pairs,
      blame: () => {
        const all = new Map([...model.namedParameters(), ...parameters]);
        const forward = () => model.call(images, tokens);
        return firstNotFinite(all, ['the pictures', images], forward, judged.gradients);
      },
      release: () => tf.dispose([images, tokens]),
    };
  };
  try {
    await fitParameters(state, stepOf, onStep, until);
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

function checkParts({ parts = 1 }: TrainingOptions): void {
  if (!(Number.isInteger(parts) && parts > 0)) {
    throw new ClipError('parts of a batch', { expected: 'a whole number from 1', got: parts });
  }
}
