// Something to run a model on where no recording says what: noise and random ids from a seed, or pictures and texts.
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import { preprocess } from '../data/pictures/preprocess.ts';
import { normal, randomBits, seedFor } from '../data/random.ts';
import type { CLIPConfig } from '../model/config.ts';
import type { DecodePicture } from './record-sources.ts';
import { memoryTensor, type Recording } from './recording.ts';
import type { Subject } from './run.ts';
import type { RecordedTraining } from './training-options.ts';

/** As scripts/reference.py trains models of true size. */
const TRAINING: RecordedTraining = {
  steps: 10,
  lr: 1e-5,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-5,
  weight_decay: 0.2,
};

/** A recording of inputs alone: `input.image` [N, 3, R, R], `input.text` [N, L], and the options of a training. */
export function seededInputs(config: CLIPConfig, pairs: number, seed: number): Recording {
  const { image_resolution: side, context_length: length, vocab_size: vocabulary } = config;
  const pixels = randomBits(seedFor(seed, 'input.image'));
  const image = Float32Array.from({ length: pairs * 3 * side * side }, () => normal(pixels));
  const words = randomBits(seedFor(seed, 'input.text'));
  const ids = new BigInt64Array(pairs * length); // zeros after each end of text
  for (let row = 0; row < pairs; row++) {
    const end = row === pairs - 1 ? length - 1 : Math.min(length - 1, 2 + row); // the last row fills its context
    ids[row * length] = BigInt(vocabulary - 2);
    for (let i = 1; i < end; i++) ids[row * length + i] = BigInt(words() % (vocabulary - 2));
    ids[row * length + end] = BigInt(vocabulary - 1);
  }
  const tensors = [
    memoryTensor('input.image', 'F32', [pairs, 3, side, side], image),
    memoryTensor('input.text', 'I64', [pairs, length], ids),
  ];
  return asRecording(tensors, [['seed', String(seed)]]);
}

/**
 * Picture files and texts, under `source.*`, and what the model takes of them, under `input.*`. Throws ClipError for a
 * picture that cannot be decoded and a text that is too long.
 */
export async function inputsFrom(
  { model: { config }, tokenizer }: Subject,
  files: readonly Uint8Array[],
  texts: readonly string[],
  decode: DecodePicture,
): Promise<Recording> {
  const { image_resolution: side, context_length: length } = config;
  const tensors: StoredTensor[] = [];
  const pixels = new Float32Array(files.length * 3 * side * side);
  for (const [i, file] of files.entries()) {
    pixels.set(preprocess(await decode(file, `picture ${i}`), side, config), i * 3 * side * side);
    tensors.push(memoryTensor(`source.picture.${i}`, 'U8', [file.length], file));
  }
  if (files.length > 0)
    tensors.push(memoryTensor('input.image', 'F32', [files.length, 3, side, side], pixels));
  if (texts.length > 0) {
    const ids = tokenizer.tokenize(texts, length).flatMap((row) => Array.from(row, BigInt));
    const json = new TextEncoder().encode(JSON.stringify(texts));
    tensors.push(memoryTensor('source.text', 'U8', [json.length], json));
    tensors.push(memoryTensor('input.text', 'I64', [texts.length, length], BigInt64Array.from(ids)));
  }
  return asRecording(tensors);
}

function asRecording(
  tensors: readonly StoredTensor[],
  metadata: readonly (readonly [string, string])[] = [],
): Recording {
  return {
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: new Map([['train', JSON.stringify(TRAINING)], ...metadata]),
  };
}
