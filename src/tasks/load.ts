// A checkpoint's bytes, from wherever they come, to a model ready for use. Stands beside OpenAI's clip.load.
import type { EngineName } from '../backend/engine.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { compareStateDict, loadStateDict } from '../checkpoint/state-dict.ts';
import type { Checkpoint } from '../checkpoint/stored-tensor.ts';
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { ClipError, whileReading } from '../errors.ts';
import { CLIP } from '../model/clip.ts';
import { type CLIPConfig, inferConfig } from '../model/config.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { LoadedModel } from './loaded-model.ts';

export interface LoadFromOptions {
  /** What the model is called by whoever asks. */
  name: string;
  /** Called once the file has proved to be a CLIP; says what it started. */
  startEngine: () => Promise<EngineName>;
  /** The model's own merges, one pair a line, where it has not OpenAI's. */
  merges?: string | undefined;
  /** Called with the bytes of weights read so far and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads a CLIP from any checkpoint this program knows; nothing in it is executed. Throws ClipError for a file that is
 * no CLIP, and whatever `startEngine` throws.
 */
export async function loadFrom(
  source: ByteSource,
  { name, startEngine, merges, onProgress }: LoadFromOptions,
): Promise<LoadedModel> {
  const checkpoint = await openCheckpoint(source);
  const model = new CLIP(configOf(checkpoint, source));
  const tokenizer = new Tokenizer({ vocabSize: model.config.vocab_size, merges });
  const backend = await startEngine();
  await whileReading(source.name ?? name, 'the file is damaged: fetch it again', () =>
    loadStateDict(model, checkpoint, onProgress),
  );
  return new LoadedModel(name, backend, model, tokenizer);
}

export interface CheckpointSummary {
  config: CLIPConfig;
  /** Every tensor in the file's order; shapes are PyTorch's. */
  parameters: { name: string; shape: readonly number[]; dtype: string }[];
  /** How the names and shapes differ from those of a model of this configuration, in one line; empty if they do not. */
  differences: string;
}

/** What is in a checkpoint, read from its header alone. Throws as `loadFrom` does. */
export async function describeCheckpoint(source: ByteSource): Promise<CheckpointSummary> {
  const checkpoint = await openCheckpoint(source);
  const parameters = [...checkpoint.tensors.values()].map(({ name, shape, dtype }) => ({
    name,
    shape,
    dtype,
  }));
  const config = configOf(checkpoint, source);
  return { config, parameters, differences: compareStateDict(new CLIP(config), checkpoint) };
}

/** The configuration behind the shapes; what the model says of impossible ones becomes an error that names the file. */
function configOf({ tensors }: Checkpoint, { name = 'the checkpoint' }: ByteSource): CLIPConfig {
  try {
    return inferConfig(new Map([...tensors].map(([tensor, { shape }]) => [tensor, shape])));
  } catch (error) {
    const got = `${tensors.size} tensors: ${[...tensors.keys()].slice(0, 3).join(', ')} …`;
    throw new ClipError(`${name}: ${(error as Error).message}`, { got }, { cause: error });
  }
}
