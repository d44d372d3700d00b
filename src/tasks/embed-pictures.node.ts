// All pictures of a set → features. Workers read the next batches while the engine computes one.
import * as tf from '@tensorflow/tfjs-core';
import { BrokenPictures } from '../data/pool/broken-pictures.ts';
import { type PixelBatch, PixelPool } from '../data/pool/pixel-pool.node.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { CLIPConfig } from '../model/config.ts';
import { pictureBatch } from './batch-size.ts';
import { EngineCalls } from './engine-calls.ts';
import { freeMemory } from './free-memory.node.ts';
import { type FeatureSpace, featureWidth, imageFeatures } from './image-features.ts';
import type { LoadedModel } from './loaded-model.ts';

export interface EmbedPicturesOptions {
  /** Before the last projection or after it; after, unless given. */
  space?: FeatureSpace | undefined;
  /** Another encoding of pictures than `space` gives, and how wide its rows are. */
  encoder?: PictureEncoder | undefined;
  /** Pictures in one call of the model; unless given, as many as are fast and fit the memory that is free. */
  batch?: number | undefined;
  /** Threads that read pictures; unless given, as many as PixelPool takes. */
  workers?: number | undefined;
  /** The most pictures that may be broken, if they are no more than a tenth (infinity: all may); 100, unless given. */
  mostBroken?: number | undefined;
  /** These are a part of a set that is judged as a whole: any number may be broken, even all. */
  part?: boolean | undefined;
  /** A pool that reads pictures for this model, made by `picturePool`, which stays open; unless given, one of its own. */
  pool?: PixelPool | undefined;
  /** Called with the pictures done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called with each picture that cannot be read and why, and where a batch had to be made smaller. */
  onNote?: ((note: string) => void) | undefined;
}

/** Pictures [n, 3, R, R] → their features, [n, width]. */
export interface PictureEncoder {
  width: number;
  encode: (images: tf.Tensor4D) => tf.Tensor2D;
}

export interface PictureFeatures {
  /** [n, D], row after row, not normalised. */
  features: Float32Array;
  /** Which picture of the set each row is, ascending; broken ones have none. */
  kept: Int32Array;
  /** The class of each row, where the set has classes. */
  labels: Int32Array | undefined;
  /** Those that could not be read, and why. */
  broken: { name: string; reason: string }[];
  /** Pictures in one call. */
  batch: number;
  /** The share of the time from the first call to the last in which the engine was at work, 0 … 1. */
  busy: number;
}

/** Batches that are being read while one is computed. */
const AHEAD = 2;

/** One call's pictures. */
export interface EncodedPictures {
  /** [n, D], row after row, not normalised. */
  features: Float32Array;
  /** Which picture of the set each row is, ascending; broken ones have none. */
  kept: number[];
  /** Pictures of the set that are through, broken ones too. */
  done: number;
}

/** A set that is being encoded. */
export interface PictureEncoding {
  /** Pictures in one call. */
  readonly batch: number;
  /** In the set's order; while one is used, the next ones are read. Whoever stops early is heard, and the workers end. */
  readonly batches: AsyncGenerator<EncodedPictures>;
  /** Those that could not be read so far. */
  readonly broken: BrokenPictures;
  /** So far, as in PictureFeatures. */
  busy(): number;
}

/**
 * Encodes the set batch by batch, for sets whose features together are too many. Throws as embedPictures does, but not where
 * every picture is broken.
 */
export function encodePictures(
  { model, backend }: LoadedModel,
  set: PictureSet,
  {
    space = 'after',
    encoder: { encode } = encoderOf(model, space),
    workers,
    mostBroken,
    part = false,
    pool,
    onProgress,
    onNote = () => {},
    ...options
  }: EmbedPicturesOptions = {},
): PictureEncoding {
  const { config } = model;
  const side = config.image_resolution;
  const length = 3 * side * side;
  const batch = options.batch ?? pictureBatch(backend, config, freeMemory(backend));
  const broken = new BrokenPictures(set, onNote, part ? Number.POSITIVE_INFINITY : mostBroken);
  const calls = new EngineCalls(backend, 'pictures', onNote);
  async function* encoded(): AsyncGenerator<EncodedPictures> {
    const reader = pool ?? picturePool(set, config, workers);
    for await (const { start, pixels, ...read } of pixelsOf(set, batch, reader, pool === undefined)) {
      broken.add(read.broken);
      const count = read.kept.length;
      const values =
        count === 0
          ? new Float32Array()
          : await calls.run(count, (from, to) => {
              const some = pixels.subarray(from * length, to * length);
              return encode(tf.tensor4d(some, [to - from, 3, side, side])); // [n, D]
            });
      read.release();
      const done = Math.min(start + batch, set.count);
      onProgress?.(done, set.count);
      yield { features: values, kept: read.kept.map((at) => start + at), done };
    }
  }
  return { batch, batches: encoded(), broken, busy: () => calls.busy };
}

function encoderOf(model: CLIP, space: FeatureSpace): PictureEncoder {
  return { width: featureWidth(model, space), encode: (images) => imageFeatures(model, images, space) };
}

/**
 * Encodes every picture of the set. One that cannot be read is left out and told. Throws ClipError where too many cannot,
 * for features that are no numbers, and where the engine's memory does not hold a batch, nor half of one.
 */
export async function embedPictures(
  loaded: LoadedModel,
  set: PictureSet,
  options: EmbedPicturesOptions = {},
): Promise<PictureFeatures> {
  const { part = false, space = 'after', encoder: { width } = encoderOf(loaded.model, space) } = options;
  const { batch, batches, broken, busy } = encodePictures(loaded, set, options);
  const features = new Float32Array(set.count * width);
  const kept: number[] = [];
  for await (const encoded of batches) {
    features.set(encoded.features, kept.length * width);
    for (const index of encoded.kept) kept.push(index);
  }
  if (set.count > 0 && kept.length === 0 && !part) {
    const got = broken.list.map(({ name, reason }) => `${name}: ${reason}`)[0];
    throw new ClipError(`no picture of ${set.name} can be read`, { got });
  }
  return {
    features: features.subarray(0, kept.length * width),
    kept: Int32Array.from(kept),
    labels: set.labels && Int32Array.from(kept, (index) => set.labels![index]!),
    broken: broken.list,
    batch,
    busy: busy(),
  };
}

/** What reads the pictures of a set for a model. Whoever makes it closes it. */
export function picturePool(set: PictureSet, config: CLIPConfig, workers?: number | undefined): PixelPool {
  const size = config.image_resolution;
  return new PixelPool({ size, normalization: config, workers: isReady(set, size) ? 0 : workers });
}

/** The set's batches in order, the next ones under way while one is used. */
async function* pixelsOf(
  set: PictureSet,
  batch: number,
  pool: PixelPool,
  closes: boolean,
): AsyncGenerator<PixelBatch & { start: number }> {
  const ahead: { start: number; read: Promise<PixelBatch> }[] = [];
  let next = 0;
  try {
    for (;;) {
      while (next < set.count && ahead.length <= AHEAD) {
        const count = Math.min(batch, set.count - next);
        const first = next;
        const requests = Array.from({ length: count }, (_, i) => ({ source: set.source(first + i) }));
        ahead.push({ start: next, read: pool.read(requests) });
        next += count;
      }
      const first = ahead.shift();
      if (!first) return;
      yield { start: first.start, ...(await first.read) };
    }
  } finally {
    if (closes) await pool.close();
  }
}

/** Pictures in memory, of the model's own size: handing them to workers costs more than it saves. */
function isReady(set: PictureSet, size: number): boolean {
  if (set.count === 0) return true;
  const source = set.source(0);
  return 'picture' in source && source.picture.width === size && source.picture.height === size;
}
