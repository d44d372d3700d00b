// A training on disk: what is trained, both slots of each parameter, options and step in one safetensors file, in
// PyTorch's layout and with PyTorch's names for the slots. The step is also the place in the schedule, in the data and in
// the random numbers: each is a function of it and of the seed. Whole or not there: a kill leaves the one before.
import type * as tf from '@tensorflow/tfjs-core';
import { adapterMetadata } from '../checkpoint/adapter.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { modelMetadata } from '../checkpoint/clip-checkpoint.ts';
import { modelFingerprint } from '../checkpoint/fingerprint.ts';
import type { TensorToWrite } from '../checkpoint/safetensors-writer.ts';
import { loadStateDict, readValues } from '../checkpoint/state-dict.ts';
import { writeSafetensors } from '../checkpoint/write-safetensors.node.ts';
import { openFile } from '../data/bytes/file-source.node.ts';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import { Module, type Parameter } from '../model/module.ts';
import type { FitState } from './fit.ts';
import type { Lora } from './lora.ts';

/** Writes where a training stands. `about` goes with it, and must be the same again when it is resumed. */
export async function saveTraining(path: string, state: FitState, about: object): Promise<void> {
  const metadata = new Map([
    ['step', String(state.step)],
    ['losses', JSON.stringify(state.divergence)],
    ['training', describe(state, about)],
  ]);
  await writeSafetensors(path, tensorsToWrite(new SavedTraining(state).namedParameters()), metadata);
}

/**
 * Takes a saved training up again: fills the model, the slots and the step. Throws ClipError, and changes nothing, when
 * the file is of another model or was trained with other options.
 */
export async function resumeTraining(path: string, state: FitState, about: object): Promise<void> {
  const file = await openFile(path);
  try {
    const checkpoint = await openCheckpoint(file);
    const saved = checkpoint.metadata.get('training');
    const step = Number(checkpoint.metadata.get('step'));
    const here = describe(state, about);
    if (saved === undefined || !Number.isInteger(step)) {
      throw new ClipError(`${path} is no saved training`, {
        expected: 'the step and the options in its metadata',
      });
    }
    if (saved !== here) {
      throw new ClipError(`${path} was trained in another way`, {
        ...firstDifference(saved, here),
        hint: 'resume with the same options, or start again somewhere else',
      });
    }
    await loadStateDict(new SavedTraining(state), checkpoint);
    state.optimizer.steps = step;
    Object.assign(state.divergence, JSON.parse(checkpoint.metadata.get('losses') ?? '{}'));
  } finally {
    await file.close();
  }
}

/** Writes the model alone, in float32 and with its configuration, ready to be loaded. */
export async function saveWeights(path: string, model: CLIP): Promise<void> {
  await writeSafetensors(
    path,
    tensorsToWrite(model.namedParameters()),
    modelMetadata(model.config, 'openai'),
  );
}

/** Writes an adapter alone, with what it belongs to: a few hundred kB. */
export async function saveAdapter(path: string, lora: Lora, model: CLIP): Promise<void> {
  const base = { config: model.config, fingerprint: await modelFingerprint(model) };
  await writeSafetensors(path, tensorsToWrite(lora.parameters), adapterMetadata(lora.settings, base));
}

/** Everything that is saved, under one roof: what is trained, by name, and `exp_avg.`, `exp_avg_sq.` before that. */
class SavedTraining extends Module<[], tf.Tensor> {
  readonly #state: FitState;

  constructor(state: FitState) {
    super();
    this.#state = state;
  }

  override *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    yield* this.#state.parameters;
    for (const [name, { mean, square }] of this.#state.optimizer.slots) {
      yield [`exp_avg.${name}`, mean];
      yield [`exp_avg_sq.${name}`, square];
    }
  }

  protected override forward(): tf.Tensor {
    throw new Error('a saved training computes nothing');
  }
}

function tensorsToWrite(parameters: Iterable<[string, Parameter]>): TensorToWrite[] {
  return [...parameters].map(([name, parameter]) => ({
    name,
    dtype: 'F32',
    shape: parameter.shape,
    readBytes: async () => {
      const { buffer, byteOffset, byteLength } = await readValues(parameter);
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
  }));
}

/** The same text for the same model, options and circumstances. */
function describe({ config, options }: FitState, about: object): string {
  return JSON.stringify({ ...about, ...options, ...config });
}

function firstDifference(saved: string, here: string): { expected: string; got: string } {
  const [a, b] = [JSON.parse(saved), JSON.parse(here)] as Record<string, unknown>[];
  const key = Object.keys({ ...a, ...b }).find((key) => JSON.stringify(a![key]) !== JSON.stringify(b![key]))!;
  return { expected: `${key} ${JSON.stringify(a![key])}`, got: JSON.stringify(b![key]) ?? 'none' };
}
