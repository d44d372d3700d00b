// Fine-tuning, start to finish: what the model can do before, a training by one of four methods, what it can do after, on
// the pictures it learned and on others it knew. A head on features that stay is another kind: head.node.ts.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoraSettings } from '../checkpoint/adapter.ts';
import { modelFingerprint } from '../checkpoint/fingerprint.ts';
import type { Augmentation } from '../data/pictures/augment.ts';
import { PixelPool } from '../data/pool/pixel-pool.node.ts';
import { checkSeveralClasses } from '../data/sets/order.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { refuseExisting } from '../disk.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { CLIP_ADAMW } from '../train/adamw.ts';
import { saveAdapter } from '../train/checkpoint.node.ts';
import { withoutFrozen } from '../train/freeze.ts';
import { trainableParameters } from '../train/gradients.ts';
import { checkPairs, type StepReport, type TrainingOptions, TrainingState } from '../train/loop.ts';
import { Lora } from '../train/lora.ts';
import { Feed } from './feed.node.ts';
import type { LearningSets } from './learning-sets.ts';
import { type Measure, measureOf, scoreOf } from './measure.node.ts';
import type { Recipe } from './recipes.ts';
import { CHECKPOINT, checkStopped, runTraining } from './run.node.ts';
import { WEIGHTS, writeModel } from './save-model.node.ts';
import type { Scores } from './zero-shot-accuracy.node.ts';

export interface FinetuneOptions extends Omit<Recipe, 'epochs'> {
  /** What it is called in the report. */
  method: string;
  /** The folder of the checkpoints, the metrics and the result. */
  out: string;
  resume: boolean;
  /** Steps of the whole training. */
  steps: number;
  batch: number;
  /** Steps in which the learning rate rises. */
  warmup: number;
  clipNorm?: number | undefined;
  parts?: number | undefined;
  /** Train an adapter beside the weights and not them. */
  lora?: LoraSettings | undefined;
  augmentation?: Augmentation | undefined;
  templates: readonly string[];
  seed: number;
  saveEvery: number;
  signal?: AbortSignal | undefined;
  onStep?: (report: StepReport) => void;
  /** Called with what is being measured, and how much of it is done. */
  onProgress?: (what: string, done: number, total: number) => void;
  onNote?: (note: string) => void;
}

export interface FinetuneReport {
  method: string;
  before: Scores;
  after: Scores;
  /** What `target` is. */
  measure: Measure;
  /** Of training, without measuring. */
  seconds: number;
  /** The result's file, and its size. */
  file: string;
  bytes: number;
  steps: number;
  /** Pictures that could not be read, and captions that were cut. */
  broken: number;
  cut: number;
  /** Seconds that the engine waited for pictures. */
  waited: number;
}

const ADAPTER = 'adapter.safetensors';

/** Trains `loaded` in place, or puts an adapter on it, and writes the result into `out`. Throws ClipError, Interrupted. */
export async function finetune(
  loaded: LoadedModel,
  { train, evaluation, zeroshot }: LearningSets,
  options: FinetuneOptions,
): Promise<FinetuneReport> {
  const { method, out, resume, batch, seed, templates, augmentation, lora: settings } = options;
  const { onNote = () => {}, onProgress } = options;
  const { model } = loaded;
  if (train.classes) checkSeveralClasses(train);
  for (const note of doubts(train, evaluation)) onNote(note);
  checkPairs('the batch', batch); // before anything is measured
  const file = join(out, settings ? ADAPTER : WEIGHTS);
  if (!resume) refuseExisting(file);
  // Pictures in memory go to each worker: one is enough.
  const workers = 'picture' in train.source(0) ? 1 : undefined;
  const pool = new PixelPool({
    workers,
    size: model.config.image_resolution,
    normalization: model.config,
    augmentation,
  });
  const lora = settings && new Lora(model, settings, seed);
  let state: TrainingState | undefined;
  try {
    const feed = new Feed(
      loaded,
      train,
      options.steps,
      { ...options, augment: !!augmentation, onNote },
      pool,
    );
    state = new TrainingState(
      model,
      trainingOptions(options),
      lora ?? withoutFrozen(trainableParameters(model), options.freeze),
    );
    const measure = async (when: string): Promise<Scores> => {
      const progress =
        (what: string) =>
        (done: number, total: number): void => {
          if (when === 'after') checkStopped(options.signal, 'while measuring', out);
          onProgress?.(`${what}, ${when}`, done, total);
        };
      return {
        target: await scoreOf(loaded, evaluation, templates, { onProgress: progress('measuring'), onNote }),
        zeroshot: await scoreOf(loaded, zeroshot, undefined, {
          onProgress: progress('zero-shot set'),
          onNote,
        }),
      };
    };
    const about = {
      method,
      model: await modelFingerprint(model),
      data: `${train.count} pictures, ${train.fingerprint}`,
      batch,
      seed,
      templates,
      freeze: options.freeze,
      ...(settings && { lora: settings }),
      ...(augmentation && { augmentation }),
    };
    const before = await measure('before');
    const waited = () => feed.waited;
    const seconds = await runTraining(state, feed.batches, { ...options, about, waited, onNote, resume });
    const after = await measure('after');
    if (lora) await saveAdapter(file, lora, model);
    else await writeModel(out, loaded); // a resumed one: over what a kill left of it
    await rm(join(out, CHECKPOINT), { force: true });
    return {
      method,
      before,
      after,
      measure: measureOf(evaluation),
      seconds,
      file,
      bytes: (await stat(file)).size,
      steps: options.steps,
      broken: feed.broken.count,
      cut: feed.cut,
      waited: feed.waited / 1000,
    };
  } finally {
    state?.release();
    lora?.release();
    await pool.close();
  }
}

/** What makes the number for the target say less than it seems to. */
function doubts(train: PictureSet, evaluation: PictureSet): string[] {
  const notes: string[] = [];
  if (evaluation.fingerprint === train.fingerprint) {
    notes.push('judged on the very pictures that are learned: the target says nothing of others');
  }
  if (train.classes && evaluation.classes) {
    const names = new Set(train.classes);
    const others = evaluation.classes.filter((name) => !names.has(name));
    if (others.length > 0) notes.push(`judged on classes too that are not learned: ${others.join(', ')}`);
    const missing = train.classes.filter((name) => !evaluation.classes!.includes(name));
    if (missing.length > 0) notes.push(`learned, but not judged on: ${missing.join(', ')}`);
  }
  return notes;
}

function trainingOptions(options: FinetuneOptions): TrainingOptions {
  const { steps, learningRate, warmup, weightDecay, clipNorm, parts } = options;
  return {
    ...CLIP_ADAMW,
    steps,
    learningRate,
    warmup,
    weightDecay,
    ...(clipNorm !== undefined && { clipNorm }),
    ...(parts !== undefined && { parts }),
  };
}
