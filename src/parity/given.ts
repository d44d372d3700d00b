// What a run starts from: a recording's inputs as tensors the model takes, or why they are none.
import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { CLIPConfig } from '../model/config.ts';
import { numbersOf, type Recording } from './recording.ts';

export interface Given {
  /** float32 [N, 3, R, R] */
  image?: tf.Tensor4D;
  /** int32 [M, L] */
  text?: tf.Tensor2D;
  /** Why one of them is not there, in a few words. */
  problems: { image?: string; text?: string };
}

/** Reads `input.image` and `input.text` for a model of this configuration. The caller disposes of the tensors. */
export async function readGiven(recording: Recording, config: CLIPConfig): Promise<Given> {
  const { image_resolution: side, context_length: length, vocab_size: vocabulary } = config;
  const [image, text] = [recording.tensors.get('input.image'), recording.tensors.get('input.text')];
  const imageProblem = problemOf('input.image', image, [null, 3, side, side]);
  const textProblem =
    problemOf('input.text', text, [null, length]) ?? (await problemOfIds(text!, vocabulary));
  return {
    ...(imageProblem === undefined && {
      image: tf.tensor4d(Float32Array.from(await numbersOf(image!)), shapeOf(image!)),
    }),
    ...(textProblem === undefined && {
      text: tf.tensor2d(Int32Array.from(await numbersOf(text!)), shapeOf(text!), 'int32'),
    }),
    problems: { image: imageProblem, text: textProblem },
  };
}

function shapeOf<T extends number[]>({ shape }: StoredTensor): T {
  return [...shape] as T;
}

/** `expected` has null where any length of at least 1 will do. */
function problemOf(
  key: string,
  tensor: StoredTensor | undefined,
  expected: readonly (number | null)[],
): string | undefined {
  if (!tensor) return `needs ${key}, which the recording lacks`;
  const { shape } = tensor;
  const fits =
    shape.length === expected.length &&
    expected.every((size, i) => (size === null ? shape[i]! > 0 : size === shape[i]));
  const wanted = expected.map((size) => size ?? 'N').join(', ');
  return fits ? undefined : `needs ${key} of shape [${wanted}], got [${shape.join(', ')}]`;
}

/** An engine need not check what it gathers. */
async function problemOfIds(text: StoredTensor, vocabulary: number): Promise<string | undefined> {
  const ids = await numbersOf(text);
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  return wrong === undefined
    ? undefined
    : `needs ids in input.text, whole numbers from 0 to ${vocabulary - 1}, got ${wrong}`;
}
