// Our run, recorded: what a recording asks for, computed from its inputs and kept under the same keys.
import * as tf from '@tensorflow/tfjs-core';
import { carriesWeight } from '../checkpoint/state-dict.ts';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { Batch } from '../train/gradients.ts';
import type { Run } from './compare-key.ts';
import { type Given, readGiven } from './given.ts';
import { isGiven, OTHER, type Part, partOf } from './keys.ts';
import { recordForward, recordTensor } from './record-forward.ts';
import { type DecodePicture, recordSources } from './record-sources.ts';
import type { Recording } from './recording.ts';
import { RunInMemory, type Subject } from './run.ts';
import { readTraining } from './training-options.ts';

export interface RecordOptions {
  /** What is computed; what the recording holds unless given. */
  parts?: Iterable<Part> | undefined;
  /** Needed for pictures: `decodePicture` of this package, in Node. */
  decodePicture?: DecodePicture | undefined;
  /** Called after each pass through the model, with the passes done and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Runs the model on a recording's inputs (`input.*`, `source.*`, the options of its training) and keeps what comes out
 * under the recording's keys, in PyTorch's order of axes. What cannot be computed is left out, and the run's `whyAbsent`
 * says why. The model is afterwards as it was before. Everything recorded is held in memory.
 */
export async function recordRun(
  subject: Subject,
  recording: Recording,
  { parts = partsOf(recording), decodePicture, onProgress }: RecordOptions = {},
): Promise<Run> {
  const wanted = new Set(parts);
  const run = new RunInMemory(recording.metadata);
  const isComputed = (key: string): boolean =>
    !isGiven(key) && !(key.startsWith('param.') && !(wanted.has('param') && carriesWeight(key)));
  for (const tensor of recording.tensors.values()) if (!isComputed(tensor.name)) run.takeOver(tensor);
  if (wanted.has('param')) {
    for (const [name, parameter] of subject.model.namedParameters()) {
      run.keep(await recordTensor(`param.${name}`, parameter.read()));
    }
  }
  await recordPasses(run, subject.model, recording, wanted, onProgress);
  await recordSources(run, subject, recording, wanted, decodePicture);
  return run;
}

/** The parts that a recording has something of. */
export function partsOf({ tensors }: Recording): Set<Part> {
  return new Set([...tensors.keys()].map(partOf).filter((part) => part !== OTHER));
}

async function recordPasses(
  run: RunInMemory,
  model: CLIP,
  recording: Recording,
  wanted: ReadonlySet<Part>,
  onProgress?: RecordOptions['onProgress'],
): Promise<void> {
  const training = readTraining(recording.metadata);
  run.miss((key) => key.startsWith('train.'), training.problem);
  const steps = wanted.has('train') ? (training.options?.steps ?? 0) : 0;
  const total = Number(wanted.has('tap')) + Number(wanted.has('grad')) + steps;
  if (total === 0) return;
  let done = 0;
  const pass = (): void => onProgress?.(++done, total);

  const given = await readGiven(recording, model.config);
  try {
    const batch = batchOf(run, given);
    if (wanted.has('tap')) {
      run.keep(...(await recordForward(model, given)));
      pass();
    }
    if (!batch || !(wanted.has('grad') || steps > 0)) return;
    // Only now, because importing it loads TensorFlow.js's gradients.
    const { recordGradients, recordTraining } = await import('./record-training.ts');
    if (wanted.has('grad')) {
      run.keep(...(await recordGradients(model, batch)));
      pass();
    }
    if (steps > 0) {
      const trained = recordTraining(model, batch, recording, training.options!, pass);
      run.keep(...(await trained.catch((error: unknown) => unfit(run, error))));
    }
  } finally {
    tf.dispose([given.image, given.text].filter((tensor) => tensor !== undefined));
  }
}

/** A training that the recording asks for and the model cannot have: nothing of it, and why. */
function unfit(run: RunInMemory, error: unknown): [] {
  if (!(error instanceof ClipError)) throw error;
  run.miss((key) => key.startsWith('train.'), error.message);
  return [];
}

/** Both inputs as pairs, where they are; else what that leaves out. */
function batchOf(run: RunInMemory, { image, text, problems }: Given): Batch | undefined {
  const matches = (keys: RegExp) => (key: string) => keys.test(key);
  run.miss(matches(/^(tap\.(visual|image_features|logits_)|grad\.|train\.)/), problems.image);
  run.miss(matches(/^(tap\.(?!visual|image_features)|grad\.|train\.)/), problems.text);
  if (!image || !text) return undefined;
  const [images, texts] = [image.shape[0], text.shape[0]];
  if (images === texts) return { images: image, tokens: text };
  run.miss(matches(/^(grad|train)\./), `needs as many texts as pictures, got ${texts} and ${images}`);
  return undefined;
}
