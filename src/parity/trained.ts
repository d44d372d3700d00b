// What a recorded training changes: the model's own parameters, without the frozen ones, or a LoRA adapter that starts
// from the recording's A [rank, in] and B [out, rank] of each projection.
import * as tf from '@tensorflow/tfjs-core';
import { adapterShapes } from '../checkpoint/adapter.ts';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { Parameter } from '../model/module.ts';
import { withoutFrozen } from '../train/freeze.ts';
import { trainableParameters } from '../train/gradients.ts';
import { Lora } from '../train/lora.ts';
import { isAdapterStart } from './keys.ts';
import { numbersOf, type Recording } from './recording.ts';
import type { RecordedTraining } from './training-options.ts';

export interface Trained {
  parameters: ReadonlyMap<string, Parameter>;
  /** Takes the adapter off the model, where there is one. */
  release(): void;
}

/** Throws ClipError where the recording's options and its adapter do not fit each other or the model. */
export async function trainedOf(
  model: CLIP,
  recording: Recording,
  { freeze, lora: settings }: RecordedTraining,
): Promise<Trained> {
  const starts = [...recording.tensors.keys()].filter(isAdapterStart);
  if (!settings) {
    if (starts.length > 0) throw misfit('train.lora in __metadata__', `${starts[0]} without it`);
    const parameters = trainableParameters(model);
    return { parameters: freeze ? withoutFrozen(parameters, freeze) : parameters, release() {} };
  }
  const shapes = shapesOf(model, settings.rank);
  for (const [key, shape] of shapes) {
    const found = recording.tensors.get(key);
    if (`${found?.shape}` !== `${shape}`) {
      throw misfit(`${key} [${shape.join(', ')}]`, found ? `[${found.shape.join(', ')}]` : 'none');
    }
  }
  const other = starts.find((key) => !shapes.has(key));
  if (other !== undefined) throw misfit('an adapter of the model', `${other}, which it has no place for`);
  const lora = new Lora(model, { ...settings, dropout: 0 }, 0);
  for (const [name, parameter] of lora.parameters) {
    const start = recording.tensors.get(`param.${name}`)!;
    const tensor = tf.tensor(Float32Array.from(await numbersOf(start)), [...start.shape]);
    parameter.assign(tensor);
    tensor.dispose();
  }
  return { parameters: lora.parameters, release: () => lora.release() };
}

/** The keys of an adapter's start, and their shapes. */
function shapesOf(model: CLIP, rank: number): Map<string, number[]> {
  const adapted = adapterShapes(new Map(model.namedParameters()));
  return new Map(
    adapted.flatMap(({ projections, inSize, outSize }) =>
      projections.flatMap((path): [string, number[]][] => [
        [`param.${path}.lora_A.weight`, [rank, inSize]],
        [`param.${path}.lora_B.weight`, [outSize, rank]],
      ]),
    ),
  );
}

function misfit(expected: string, got: string): ClipError {
  return new ClipError('the recorded training', { expected, got });
}
