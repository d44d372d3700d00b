// What all requests share: pictures and texts → features [E] of length 1. Workers decode, away from the thread that listens;
// one call of the engine takes what many requests wait for.
import * as tf from '@tensorflow/tfjs-core';
import { type PixelBatch, PixelPool } from '../data/pool/pixel-pool.node.ts';
import { embedRows } from '../tasks/embed-texts.ts';
import { EngineCalls } from '../tasks/engine-calls.ts';
import { freeMemory } from '../tasks/free-memory.node.ts';
import { joinParts } from '../tasks/join-parts.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { normalizeRows } from '../tasks/normalize-rows.ts';
import { Batcher } from './batcher.ts';
import { BoundedCache } from './bounded-cache.ts';
import { Refusal, refusing } from './refusal.ts';

export interface EncodersOptions {
  /** How long the first picture or text waits for others, in milliseconds. */
  readonly windowMs: number;
  /** The most pictures, and texts, of one call. */
  readonly largest: number;
  /** Threads that decode pictures; 0: none but this one. Unless given, as many as PixelPool takes. */
  readonly workers?: number | undefined;
  /** The most pixels of a picture. */
  readonly mostPixels: number;
  /** Labels whose features are kept. */
  readonly mostCached: number;
  readonly onNote: (note: string) => void;
}

export class Encoders {
  readonly #loaded: LoadedModel;
  readonly #pool: PixelPool;
  readonly #pictures: Batcher<Float32Array, Float32Array>;
  readonly #texts: Batcher<Int32Array, Float32Array>;
  readonly #classes: BoundedCache<Float32Array>;

  constructor(loaded: LoadedModel, options: EncodersOptions) {
    const { workers, mostPixels, mostCached, windowMs, largest, onNote } = options;
    const { model, backend } = loaded;
    const { embed_dim: width, image_resolution: size } = model.config;
    const memory = freeMemory(backend);
    const calls = new EngineCalls(backend, 'pictures', onNote);
    this.#loaded = loaded;
    this.#pool = new PixelPool({ size, normalization: model.config, workers, mostPixels });
    this.#classes = new BoundedCache(mostCached);
    this.#pictures = new Batcher({
      windowMs,
      largest,
      run: async (pixels) => {
        const joined = pixels.length === 1 ? pixels[0]! : joinParts(pixels); // [N, 3, R, R]
        const rows = await calls.run(pixels.length, (start, end) => {
          const part = joined.subarray(start * pixels[0]!.length, end * pixels[0]!.length);
          return model.encodeImage(tf.tensor4d(part, [end - start, 3, size, size])); // [n, E]
        });
        return unitRows(rows, width);
      },
    });
    this.#texts = new Batcher({
      windowMs,
      largest,
      run: async (rows) => unitRows((await embedRows(loaded, rows, { memory, onNote })).features, width),
    });
  }

  /** What waits for a call, and the calls so far. */
  get state(): { waiting: { pictures: number; texts: number }; calls: Record<string, unknown> } {
    return {
      waiting: { pictures: this.#pictures.waiting, texts: this.#texts.waiting },
      calls: { pictures: this.#pictures.counts, texts: this.#texts.counts },
    };
  }

  /** Picture files' bytes → features, each [E]. Throws Refusal for one that cannot be decoded, naming it by `nameOf`. */
  async pictures(
    files: readonly Uint8Array[],
    signal: AbortSignal,
    nameOf: (at: number) => string,
  ): Promise<Float32Array[]> {
    const reading = this.#pool.read(files.map((bytes) => ({ source: { bytes } })));
    const { pixels, broken, release } = await unlessAborted(reading, signal); // [N, 3, R, R]
    try {
      const [bad] = broken;
      if (bad) throw new Refusal(422, `${nameOf(bad.at)} cannot be read`, { got: bad.reason });
      const length = pixels.length / files.length;
      const each = files.map((_, i) => pixels.subarray(i * length, (i + 1) * length)); // each [3, R, R]
      return await this.#pictures.add(each, signal);
    } finally {
      release();
    }
  }

  /** Texts → features, each [E]. Throws Refusal for one over the context length, unless it is to be cut. */
  async texts(texts: readonly string[], truncate: boolean, signal: AbortSignal): Promise<Float32Array[]> {
    const { tokenizer, model } = this.#loaded;
    const { context_length } = model.config;
    const rows = refusing(422, () => tokenizer.tokenize(texts, context_length, truncate)); // each [L]
    return this.#texts.add(rows, signal);
  }

  /** Labels → the rows of a classifier, each [E], as zeroShotHead makes them. Those of late requests are kept. */
  async classes(
    labels: readonly string[],
    templates: readonly string[],
    truncate: boolean,
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    const keyOf = (label: string): string => JSON.stringify([label, truncate, ...templates]);
    const rows = new Map(labels.map((label) => [label, this.#classes.get(keyOf(label))]));
    const missing = labels.filter((label) => rows.get(label) === undefined);
    const texts = missing.flatMap((label) =>
      templates.map((template) => template.replace('{}', () => label)),
    );
    const features = await this.texts(texts, truncate, signal);
    missing.forEach((label, i) => {
      const row = unitMean(features.slice(i * templates.length, (i + 1) * templates.length)); // [E]
      rows.set(label, row);
      this.#classes.set(keyOf(label), row);
    });
    return labels.map((label) => rows.get(label)!);
  }

  /** Ends the workers. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Waits no longer than the signal lets it; memory that comes later is given back. */
async function unlessAborted(reading: Promise<PixelBatch>, signal: AbortSignal): Promise<PixelBatch> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([reading, aborted]);
  } catch (error) {
    reading.then(({ release }) => release()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}

/** [n, E] → n rows [E] of length 1. */
function unitRows(features: Float32Array, width: number): Float32Array[] {
  normalizeRows(features, width);
  // Copies: a row that is kept must not keep its whole batch.
  return Array.from({ length: features.length / width }, (_, i) =>
    features.slice(i * width, (i + 1) * width),
  );
}

/** Rows of length 1 → their mean, scaled to length 1. */
function unitMean(rows: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!;
  normalizeRows(sum, sum.length);
  return sum;
}
