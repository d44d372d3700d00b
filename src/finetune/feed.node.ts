// A set of pictures → a training's batches: an order, a caption and an augmentation for every step, each a function of the
// seed and the step alone, so that any step can be had at once. The next batch is read while the engine works on this one.
import * as tf from '@tensorflow/tfjs-core';
import { BrokenPictures } from '../data/pool/broken-pictures.ts';
import type { PixelBatch, PixelPool } from '../data/pool/pixel-pool.node.ts';
import { randomBits, seedFor } from '../data/random.ts';
import { epochOrder } from '../data/sets/order.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { ClipError } from '../errors.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { Batch } from '../train/gradients.ts';
import { stepsOf } from './recipes.ts';

export interface FeedOptions {
  /** Pictures in a batch. */
  batch: number;
  seed: number;
  /** Where a class's name goes, for sets of classes: each holds one `{}`, and chance picks one for each picture. */
  templates: readonly string[];
  /** Whether pictures are cropped and mirrored by chance; the pool says how. */
  augment: boolean;
  onNote: (note: string) => void;
}

/** What a step sees: indices into the set, their texts, and which of them say the same. */
interface Plan {
  indices: Int32Array;
  texts: string[];
  groups: number[];
  /** For each picture's augmentation. */
  seeds: number[];
}

/** Batches that wait for their turn, to be read ahead of it. */
const AHEAD = 2;

export class Feed {
  readonly broken: BrokenPictures;
  /** Captions that were over the context length and were cut, their end token kept. */
  cut: number = 0;
  /** Milliseconds that training has waited for its batches. */
  waited: number = 0;
  readonly #loaded: LoadedModel;
  readonly #set: PictureSet;
  readonly #options: FeedOptions;
  readonly #pool: PixelPool;
  readonly #last: number;
  readonly #reading = new Map<number, { plan: Plan; pixels: Promise<PixelBatch> }>();
  #order: { epoch: number; indices: Int32Array } | undefined;

  /** `steps` of the whole training: nothing is read beyond. Throws ClipError for a batch larger than the set. */
  constructor(loaded: LoadedModel, set: PictureSet, steps: number, options: FeedOptions, pool: PixelPool) {
    if (set.count < options.batch) {
      throw new ClipError(`${set.name} has fewer pictures than a batch`, {
        expected: `at least ${options.batch}`,
        got: set.count,
        hint: 'give a smaller --batch',
      });
    }
    this.#loaded = loaded;
    this.#set = set;
    this.#options = options;
    this.#pool = pool;
    this.#last = steps;
    this.broken = new BrokenPictures(set, options.onNote);
  }

  /** The batch of a step. A broken picture is missing from it. */
  readonly batches = async (step: number): Promise<Batch> => {
    const began = performance.now();
    for (let next = step; next < Math.min(this.#last, step + AHEAD); next++) this.#read(next);
    const { plan, pixels } = this.#reading.get(step)!;
    this.#reading.delete(step);
    const read = await pixels;
    this.waited += performance.now() - began;
    this.broken.add(read.broken);
    return this.#batchOf(plan, read);
  };

  #read(step: number): void {
    if (this.#reading.has(step)) return;
    const plan = this.#plan(step);
    const { augment } = this.#options;
    const requests = Array.from(plan.indices, (index, i) => ({
      source: this.#set.source(index),
      ...(augment && { seed: plan.seeds[i]! }),
    }));
    const pixels = this.#pool.read(requests);
    pixels.catch(() => undefined); // it is thrown when its turn comes
    this.#reading.set(step, { plan, pixels });
  }

  #plan(step: number): Plan {
    const { batch, seed, templates } = this.#options;
    const perEpoch = stepsOf(1, this.#set.count, batch);
    const [epoch, place] = [Math.floor(step / perEpoch), step % perEpoch];
    if (this.#order?.epoch !== epoch) {
      this.#order = { epoch, indices: epochOrder(this.#set.count, seed, epoch) };
    }
    const indices = this.#order.indices.slice(place * batch, (place + 1) * batch);
    const bits = randomBits(seedFor(seed, `step ${step}`));
    const chosen = Array.from(indices, (index) => textOf(this.#set, index, templates, bits()));
    const groups = groupsOf(this.#set, indices, chosen);
    return { indices, texts: chosen, groups, seeds: Array.from(indices, () => bits()) };
  }

  #batchOf({ texts, groups }: Plan, { pixels, kept }: PixelBatch): Batch {
    const { model, tokenizer } = this.#loaded;
    const { image_resolution: size, context_length: length } = model.config;
    const ids = new Int32Array(kept.length * length);
    kept.forEach((at, row) => {
      const [whole] = [tokenizer.encode(texts[at]!).length + 2];
      if (whole > length) this.#noteCut(texts[at]!, whole, length);
      ids.set(tokenizer.tokenize(texts[at]!, length, true)[0]!, row * length);
    });
    return {
      images: tf.tensor4d(pixels, [kept.length, 3, size, size]),
      tokens: tf.tensor2d(ids, [kept.length, length], 'int32'),
      groups: kept.map((at) => groups[at]!),
    };
  }

  /** The first one is told at once, and all are counted. */
  #noteCut(text: string, tokens: number, length: number): void {
    if (this.cut === 0) {
      const start = text.length > 40 ? `${text.slice(0, 40)}…` : text;
      this.#options.onNote(
        `cut to ${length} tokens, as all captions over that will be: "${start}", ${tokens} tokens`,
      );
    }
    this.cut += 1;
  }
}

/** One of a picture's captions, or its class's name in one of the templates, as `draw` (a whole number) has it. */
function textOf(set: PictureSet, index: number, templates: readonly string[], draw: number): string {
  const captions = set.captions?.(index) ?? [];
  if (captions.length > 0) return captions[draw % captions.length]!;
  const name = set.classes![set.labels![index]!]!;
  return templates[draw % templates.length]!.replace('{}', () => name);
}

/** Pictures of one class say the same, and so do pictures with one caption. */
function groupsOf({ labels, captions }: PictureSet, indices: Int32Array, texts: readonly string[]): number[] {
  if (labels && !captions) return Array.from(indices, (index) => labels[index]!);
  return texts.map((text) => texts.indexOf(text));
}
