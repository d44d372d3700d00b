// A checkpoint's bytes, from wherever they come, to a model ready for use. Stands beside OpenAI's clip.load.
import type { EngineName } from '../backend/engine.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { loadStateDict } from '../checkpoint/state-dict.ts';
import type { Checkpoint } from '../checkpoint/stored-tensor.ts';
import type { ByteSource } from '../data/byte-source.ts';
import { CLIP } from '../model/clip.ts';
import { type CLIPConfig, inferConfig } from '../model/config.ts';
import { LoadedModel } from './loaded-model.ts';

/** Called with the bytes of weights read so far and in all. */
export type LoadProgress = (done: number, total: number) => void;

/**
 * Reads a CLIP from any checkpoint this program knows; nothing in it is executed. `startEngine` is called once the
 * file has proved to be one, and says what it started. Throws ClipError for a file that is no CLIP.
 */
export async function loadFrom(
  source: ByteSource,
  name: string,
  startEngine: () => Promise<EngineName>,
  onProgress?: LoadProgress,
): Promise<LoadedModel> {
  const checkpoint = await openCheckpoint(source);
  const model = new CLIP(configOf(checkpoint));
  const backend = await startEngine();
  await loadStateDict(model, checkpoint, onProgress);
  return new LoadedModel(name, backend, model);
}

export interface CheckpointSummary {
  config: CLIPConfig;
  /** Every tensor in the file's order; shapes are PyTorch's. */
  parameters: { name: string; shape: readonly number[]; dtype: string }[];
}

/** What is in a checkpoint, read from its header alone. Throws as `loadFrom` does. */
export async function describeCheckpoint(source: ByteSource): Promise<CheckpointSummary> {
  const checkpoint = await openCheckpoint(source);
  const parameters = [...checkpoint.tensors.values()].map(({ name, shape, dtype }) => ({
    name,
    shape,
    dtype,
  }));
  return { config: configOf(checkpoint), parameters };
}

function configOf({ tensors }: Checkpoint): CLIPConfig {
  return inferConfig(new Map([...tensors].map(([name, { shape }]) => [name, shape])));
}
