// Texts → features. Those of about one length go through the model together, cut to the longest of them: a caption has a
// dozen tokens, and the context length is 77. Their features are the same (see CLIP.encodeText).
import * as tf from '@tensorflow/tfjs-core';
import { TEXT_WINDOW, textBatch } from './batch-size.ts';
import { EngineCalls } from './engine-calls.ts';
import type { LoadedModel } from './loaded-model.ts';

export interface EmbedTextsOptions {
  /** Texts in one call of the model; unless given, the more the shorter they are. */
  batch?: number | undefined;
  /** Cut texts that are over the context length, instead of throwing. */
  truncate?: boolean | undefined;
  /** Bytes that are free for the model's values, where the caller knows: batches are then made to fit. */
  memory?: number | undefined;
  /** Called with the texts done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called where a batch had to be made smaller. */
  onNote?: ((note: string) => void) | undefined;
}

export interface TextFeatures {
  /** [n, E], a row for each text in the texts' order, not normalised. */
  features: Float32Array;
  /** The share of the time in which the engine was at work, 0 … 1. */
  busy: number;
}

/**
 * Encodes every text. Throws ClipError for one that is over the context length, unless `truncate` says otherwise, for
 * features that are no numbers, and where the engine's memory does not hold a batch, nor half of one.
 */
export async function embedTexts(
  loaded: LoadedModel,
  texts: readonly string[],
  { truncate, ...options }: EmbedTextsOptions = {},
): Promise<TextFeatures> {
  const { tokenizer, model } = loaded;
  const rows = tokenizer.tokenize(texts, model.config.context_length, truncate); // each [L]
  return embedRows(loaded, rows, options);
}

/** The same of texts that are token ids by now, each a row [L] with zeros after its end token. */
export async function embedRows(
  { model, tokenizer, backend }: LoadedModel,
  rows: readonly Int32Array[],
  { batch, memory, onProgress, onNote = () => {} }: Omit<EmbedTextsOptions, 'truncate'> = {},
): Promise<TextFeatures> {
  const { config } = model;
  const lengths = rows.map((row) => row.indexOf(tokenizer.endOfText) + 1);
  const sizeFor = (length: number): number => batch ?? textBatch(backend, config, length, memory);
  const features = new Float32Array(rows.length * config.embed_dim);
  const calls = new EngineCalls(backend, 'texts', onNote);
  let done = 0;
  for (const indices of outsideIn(batchesInWindows(lengths, sizeFor))) {
    const length = lengths[indices[0]!]!; // the longest
    const values = await calls.run(indices.length, (start, end) => {
      const tokens = new Int32Array((end - start) * length);
      indices.slice(start, end).forEach((index, row) => {
        tokens.set(rows[index]!.subarray(0, length), row * length);
      });
      return model.encodeText(tf.tensor2d(tokens, [end - start, length], 'int32')); // [n, E]
    });
    indices.forEach((index, row) => {
      const from = row * config.embed_dim;
      features.set(values.subarray(from, from + config.embed_dim), index * config.embed_dim);
    });
    done += indices.length;
    onProgress?.(done, rows.length);
  }
  return { features, busy: calls.busy };
}

/**
 * The batches of each window of TEXT_WINDOW texts, those of the longest texts first. What texts stand beside in a batch can
 * change the last bits of their features, so a window's features depend on no text outside it: parts of a set that begin
 * where windows do are encoded as in the whole.
 */
export function batchesInWindows(
  lengths: readonly number[],
  sizeFor: (length: number) => number,
): number[][] {
  const batches: number[][] = [];
  for (let start = 0; start < lengths.length; start += TEXT_WINDOW) {
    const window = batchesByLength(lengths.slice(start, start + TEXT_WINDOW), sizeFor);
    for (const batch of window) batches.push(batch.map((index) => start + index));
  }
  return batches.sort((a, b) => lengths[b[0]!]! - lengths[a[0]!]!);
}

/** Every index once, those of the greatest lengths first, in batches of the size that the longest in it allows. */
export function batchesByLength(lengths: readonly number[], sizeFor: (length: number) => number): number[][] {
  const order = Array.from(lengths, (_, index) => index).sort((a, b) => lengths[b]! - lengths[a]!);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const size = sizeFor(lengths[order[start]!]!);
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return batches;
}

/** First, last, second, last but one …: what is too large shows at once, and the time that is left is told well. */
function outsideIn<T>(list: readonly T[]): T[] {
  return list.map((_, i) => list[i % 2 === 0 ? i / 2 : list.length - (i + 1) / 2]!);
}
