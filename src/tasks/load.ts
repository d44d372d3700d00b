// A checkpoint's bytes, from wherever they come, to a model ready for use. Stands beside OpenAI's clip.load.
import type { EngineName } from '../backend/engine.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { configOf } from '../checkpoint/config-of.ts';
import { compareStateDict, loadStateDict } from '../checkpoint/state-dict.ts';
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { whileReading } from '../errors.ts';
import { CLIP } from '../model/clip.ts';
import type { CLIPConfig } from '../model/config.ts';
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
  const model = new CLIP(configOf(checkpoint, source.name ?? 'the checkpoint'));
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
  const config = configOf(checkpoint, source.name ?? 'the checkpoint');
  return { config, parameters, differences: compareStateDict(new CLIP(config), checkpoint) };
}
