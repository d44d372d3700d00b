// What a decoder learns from: pictures with captions, as features. The image encoder does not change, so that each picture
// of a table is encoded once, before the training; those of Shapes-100's stream are drawn and encoded as they come.
import * as tf from '@tensorflow/tfjs-core';
import { randomBits, seedFor } from '../../data/random.ts';
import { epochOrder } from '../../data/sets/order.ts';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { CAPTION_WORDS, LONGEST_CAPTION } from '../../data/shapes/captions.ts';
import { trainBatch } from '../../data/shapes/shapes.ts';
import { ClipError } from '../../errors.ts';
import { normalize } from '../../model/ops.ts';
import { type EmbedPicturesOptions, embedPictures } from '../embed-pictures.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { normalizeRows } from '../normalize-rows.ts';
import type { CaptionBatches } from './train-decoder.ts';

export interface CaptionSource {
  /** For reports. */
  name: string;
  /** Changes when the pictures or captions do. */
  fingerprint: string;
  /** Texts with every word of the captions. */
  texts: readonly string[];
  /** Tokens of the longest caption, without start and end of text. */
  longest: number;
  /** Pictures in a batch. */
  batch: number;
  batches: CaptionBatches;
}

/** Shapes-100's training stream with that seed, `batch` (1 … 85) pictures a step: only classes that training may see. */
export function shapesSource({ model, preprocess }: LoadedModel, seed: number, batch: number): CaptionSource {
  const batches: CaptionBatches = (step) => {
    const examples = trainBatch(seed, step, batch);
    const features = tf.tidy(() => {
      const images = preprocess(...examples.map(({ image }) => image)); // [N, 3, R, R]
      return normalize(model.encodeImage(images)) as tf.Tensor2D; // [N, E]
    });
    return { features, captions: examples.map(({ caption }) => caption) };
  };
  const name = "Shapes-100's training stream";
  return {
    name,
    fingerprint: `stream ${seed}`,
    texts: CAPTION_WORDS,
    longest: LONGEST_CAPTION,
    batch,
    batches,
  };
}

/**
 * The pictures of a set with captions, encoded now, in a new order every epoch; of several captions of a picture chance
 * picks one. A batch is no larger than the set. Throws ClipError for a set without captions, and as embedPictures does.
 */
export async function captionedSource(
  loaded: LoadedModel,
  set: PictureSet,
  seed: number,
  wanted: number,
  options: Pick<EmbedPicturesOptions, 'onProgress' | 'onNote'> = {},
): Promise<CaptionSource> {
  checkCaptions(set);
  const { features, kept } = await embedPictures(loaded, set, options);
  const width = loaded.model.config.embed_dim;
  normalizeRows(features, width);
  const captions = Array.from(kept, (index) => set.captions!(index));
  const batch = Math.min(wanted, kept.length);
  const perEpoch = Math.floor(kept.length / batch);
  const batches: CaptionBatches = (step) => {
    const [epoch, place] = [Math.floor(step / perEpoch), step % perEpoch];
    const order = epochOrder(kept.length, seed, epoch).subarray(place * batch, (place + 1) * batch);
    const bits = randomBits(seedFor(seed, `captions ${step}`));
    const rows = new Float32Array(batch * width);
    order.forEach((at, row) => {
      rows.set(features.subarray(at * width, (at + 1) * width), row * width);
    });
    return {
      features: tf.tensor2d(rows, [batch, width]),
      captions: Array.from(order, (at) => captions[at]![bits() % captions[at]!.length]!),
    };
  };
  const texts = captions.flat();
  const longest = texts.reduce((most, text) => Math.max(most, loaded.tokenizer.encode(text).length), 0);
  return { name: set.name, fingerprint: set.fingerprint, texts, longest, batch, batches };
}

/** Throws ClipError where nothing is said of the pictures, or not of all. */
export function checkCaptions(set: PictureSet): void {
  const without = set.captions ? firstWithout(set) : 0;
  if (without === undefined) return;
  throw new ClipError(`${set.name} has no captions`, {
    expected: 'a table with a column caption, text or title, or shapes',
    got: set.captions ? `none for picture ${without + 1}` : 'pictures with classes, or alone',
  });
}

function firstWithout({ count, captions }: PictureSet): number | undefined {
  for (let index = 0; index < count; index++) if (captions!(index).length === 0) return index;
  return undefined;
}
