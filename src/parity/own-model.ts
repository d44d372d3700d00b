// The model whose weights a recording carries, under `param.<name>`.
import { clipCheckpoint, type ModelSettings } from '../checkpoint/clip-checkpoint.ts';
import { loadStateDict } from '../checkpoint/state-dict.ts';
import { CLIP } from '../model/clip.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { partOf } from './keys.ts';
import type { Recording } from './recording.ts';
import type { Subject } from './run.ts';

const PREFIX = 'param.';

/** Whether a recording carries weights of its own. */
export function hasOwnModel({ tensors }: Recording): boolean {
  return [...tensors.keys()].some(isWeight);
}

/** An adapter's start is none. */
function isWeight(key: string): boolean {
  return partOf(key) === 'param';
}

export interface OwnModelOptions extends ModelSettings {
  merges?: string | undefined;
  onProgress?: (done: number, total: number) => void;
}

/**
 * That model, on the running engine, with the first of OpenAI's merges that its vocabulary has room for (or `merges`).
 * Throws ClipError when the weights are no whole CLIP. The caller releases it.
 */
export async function ownModel(
  recording: Recording,
  file: string,
  { merges, onProgress, ...settings }: OwnModelOptions = {},
): Promise<Subject> {
  const own = [...recording.tensors].filter(([key]) => isWeight(key));
  const tensors = new Map(own.map(([key, tensor]) => [key.slice(PREFIX.length), tensor]));
  const weights = { format: 'safetensors', tensors, metadata: recording.metadata } as const;
  const checkpoint = clipCheckpoint(weights, file, undefined, settings);
  const model = new CLIP(checkpoint.config);
  const tokenizer = new Tokenizer({ vocabSize: model.config.vocab_size, merges });
  await loadStateDict(model, checkpoint, onProgress);
  return { model, tokenizer };
}
