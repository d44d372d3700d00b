// A checkpoint's bytes, from wherever they come, to a model ready for use. Stands beside OpenAI's clip.load.
import type { EngineName } from '../backend/engine.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type ClipCheckpoint, clipCheckpoint, type ModelSettings } from '../checkpoint/clip-checkpoint.ts';
import { loadStateDict, type NotFinite } from '../checkpoint/state-dict.ts';
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { whileReading } from '../errors.ts';
import { CLIP } from '../model/clip.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { LoadedModel } from './loaded-model.ts';

export interface LoadFromOptions extends ModelSettings {
  /** What the model is called by whoever asks. */
  name: string;
  /** Called once the file has proved to be a CLIP; says what it started. */
  startEngine: () => Promise<EngineName>;
  /** The model's own merges, one pair a line, where it has not OpenAI's. */
  merges?: string | undefined;
  /** The texts of config.json, preprocessor_config.json or open_clip_config.json, by these names. */
  configs?: ReadonlyMap<string, string> | undefined;
  /** Called with the bytes of weights read so far and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called with what the user should know: what was assumed, weights that are no numbers. */
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Reads a CLIP from any checkpoint this program knows; nothing in it is executed. Throws ClipError for a file that is
 * no CLIP, and whatever `startEngine` throws.
 */
export async function loadFrom(source: ByteSource, options: LoadFromOptions): Promise<LoadedModel> {
  const { name, merges, configs, startEngine, onProgress, onNote, ...settings } = options;
  const file = source.name ?? 'the checkpoint';
  const checkpoint = clipCheckpoint(await openCheckpoint(source), file, configs, settings);
  return loadCheckpoint(checkpoint, file, { name, merges, startEngine, onProgress, onNote });
}

/** The same from a checkpoint that is open. */
export async function loadCheckpoint(
  checkpoint: ClipCheckpoint,
  file: string,
  { name, startEngine, merges, onProgress, onNote }: Omit<LoadFromOptions, keyof ModelSettings | 'configs'>,
): Promise<LoadedModel> {
  const model = new CLIP(checkpoint.config);
  const tokenizer = new Tokenizer({ vocabSize: model.config.vocab_size, merges });
  for (const note of checkpoint.notes) onNote?.(note);
  const backend = await startEngine();
  const notFinite = await whileReading(file, 'the file is damaged: fetch it again', () =>
    loadStateDict(model, checkpoint, onProgress),
  );
  if (notFinite.length > 0) onNote?.(describeNotFinite(notFinite, file));
  return new LoadedModel(name, backend, model, tokenizer);
}

const LISTED = 5;

function describeNotFinite(tensors: readonly NotFinite[], file: string): string {
  const some = tensors.slice(0, LISTED).map(({ name, count }) => `${count} in ${name}`);
  const more = tensors.length > LISTED ? `, and ${tensors.length - LISTED} more tensors` : '';
  return `${file} has weights that are NaN or infinite: ${some.join(', ')}${more}`;
}
