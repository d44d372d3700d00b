// Features of all pictures of a set, computed once: what a method that only trains a head learns from. Workers decode
// pictures while the engine is busy with those before them.
import * as tf from '@tensorflow/tfjs-core';
import { type PixelBatch, PixelPool } from '../data/pool/pixel-pool.node.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { CLIPConfig } from '../model/config.ts';
import { type FeatureSpace, featureWidth, imageFeatures } from '../tasks/image-features.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { checkFinite } from '../tasks/zero-shot.ts';
import { BrokenPictures } from './broken.ts';

export interface EncodeOptions {
  /** Before the last projection or after it; after, unless given. */
  space?: FeatureSpace;
  /** Pictures in one call of the model. */
  batch?: number;
  /** Called with the pictures done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called with each picture that cannot be read, and why. */
  onNote?: ((note: string) => void) | undefined;
}

export interface EncodedPictures {
  /** [n, D], row after row, not normalised. */
  features: Float32Array;
  /** Which picture of the set each row is, ascending; broken ones have none. */
  kept: Int32Array;
  /** The class of each row, where the set has classes. */
  labels: Int32Array | undefined;
  /** How many could not be read. */
  broken: number;
}

/** Batches that are being decoded while one is computed. */
const AHEAD = 2;

/**
 * Encodes every picture of the set. One that cannot be read is left out and told; more than a tenth of them, or than
 * 100, end in a ClipError, as do features that are no numbers.
 */
export async function encodePictures(
  { model }: LoadedModel,
  set: PictureSet,
  { space = 'after', batch = 32, onProgress, onNote = () => {} }: EncodeOptions = {},
): Promise<EncodedPictures> {
  const { config } = model;
  const side = config.image_resolution;
  const width = featureWidth(model, space);
  const features = new Float32Array(set.count * width);
  const kept: number[] = [];
  const broken = new BrokenPictures(set, onNote);
  for await (const { start, pixels, ...read } of pixelsOf(set, batch, side, config)) {
    broken.add(read.broken);
    if (read.kept.length > 0) {
      const images = tf.tensor4d(pixels, [read.kept.length, 3, side, side]);
      const rows = tf.tidy(() => imageFeatures(model, images, space)); // [N, D]
      const values = await rows.data();
      tf.dispose([images, rows]);
      checkFinite(values, 'pictures');
      features.set(values, kept.length * width);
      for (const at of read.kept) kept.push(start + at);
    }
    onProgress?.(Math.min(start + batch, set.count), set.count);
  }
  return {
    features: features.subarray(0, kept.length * width),
    kept: Int32Array.from(kept),
    labels: set.labels && Int32Array.from(kept, (index) => set.labels![index]!),
    broken: broken.count,
  };
}

/** The set's batches in order, the next ones under way while one is used. */
async function* pixelsOf(
  set: PictureSet,
  batch: number,
  size: number,
  normalization: CLIPConfig,
): AsyncGenerator<PixelBatch & { start: number }> {
  // Pictures in memory have been decoded: handing them to workers costs more than it saves.
  const inMemory = set.count === 0 || 'picture' in set.source(0);
  const pool = new PixelPool({ size, normalization, workers: inMemory ? 0 : undefined });
  const ahead: { start: number; read: Promise<PixelBatch> }[] = [];
  let next = 0;
  try {
    for (;;) {
      while (next < set.count && ahead.length <= AHEAD) {
        const count = Math.min(batch, set.count - next);
        const first = next;
        const requests = Array.from({ length: count }, (_, i) => ({ source: set.source(first + i) }));
        const read = pool.read(requests);
        read.catch(() => {}); // heard when its turn comes, unless the caller stops before
        ahead.push({ start: next, read });
        next += count;
      }
      const first = ahead.shift();
      if (!first) return;
      yield { start: first.start, ...(await first.read) };
    }
  } finally {
    await pool.close();
  }
}
