// What an adapter learns from a set, as one number: label's other student. The model is as it was afterwards.
import { PixelPool } from '../data/pool/pixel-pool.node.ts';
import type { PictureSet, PictureSource } from '../data/sets/picture-set.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { DEFAULT_TEMPLATE } from '../tasks/prompts.ts';
import { CLIP_ADAMW } from '../train/adamw.ts';
import { TrainingState, train } from '../train/loop.ts';
import { Lora } from '../train/lora.ts';
import { Feed } from './feed.node.ts';
import { BATCH, CLIP_NORM, LORA, learningRateFor, RECIPES, stepsOf, warmupOf } from './recipes.ts';
import { zeroShotAccuracy } from './zero-shot-accuracy.node.ts';

/** Five pictures in an epoch of one step would have hardly moved after thirty. */
const LEAST_STEPS = 60;

/** Trains LoRA with its usual recipe on `set` and returns the accuracy on `evaluation`, 0 … 1. */
export async function adapterAccuracy(
  loaded: LoadedModel,
  set: PictureSet,
  evaluation: PictureSet,
  {
    templates = [DEFAULT_TEMPLATE],
    seed,
    onNote = () => {},
  }: {
    templates?: readonly string[] | undefined;
    seed: number;
    onNote?: ((note: string) => void) | undefined;
  },
): Promise<number> {
  const { model } = loaded;
  const { epochs, weightDecay } = RECIPES.lora;
  const batch = Math.min(BATCH, set.count);
  const steps = Math.max(LEAST_STEPS, stepsOf(epochs, set.count, batch));
  const pool = new PixelPool({ size: model.config.image_resolution, normalization: model.config });
  const lora = new Lora(model, LORA, seed);
  const learningRate = learningRateFor(RECIPES.lora, model.config);
  const warmup = warmupOf(steps);
  const options = { ...CLIP_ADAMW, steps, learningRate, weightDecay, warmup, clipNorm: CLIP_NORM };
  const state = new TrainingState(model, options, lora);
  try {
    const feed = new Feed(loaded, set, steps, { batch, seed, templates, augment: false, onNote }, pool);
    await train(state, feed.batches);
    return await zeroShotAccuracy(loaded, evaluation, templates, { onNote });
  } finally {
    state.release();
    lora.release();
    await pool.close();
  }
}

export interface SaidPicture {
  source: PictureSource;
  /** The class that it is said to have. */
  label: number;
}

/** Pictures from wherever they come, with the class that each is said to have. */
export function saidSet(classes: readonly string[], pictures: readonly SaidPicture[]): PictureSet {
  return {
    name: 'labelled pictures',
    count: pictures.length,
    fingerprint: '', // never resumed
    classes,
    labels: pictures.map(({ label }) => label),
    source: (index) => pictures[index]!.source,
  };
}
