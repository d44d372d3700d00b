// A set of pictures → a caption of each: the image encoder's features, and a decoder's search over them.
import * as tf from '@tensorflow/tfjs-core';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { pictureName } from '../../data/sets/pictures.node.ts';
import { type EmbedPicturesOptions, embedPictures } from '../embed-pictures.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { normalizeRows } from '../normalize-rows.ts';
import { type BeamOptions, beamSearch } from './beam.ts';
import type { LoadedDecoder } from './decoder-file.ts';

/** Greedy: what docs/caption.md measures. */
export const CAPTION_BEAM: BeamOptions = { beam: 1, lengthPower: 0 };

/** Pictures whose captions are searched for together. */
const TOGETHER = 64;

export interface CaptionOptions extends Omit<EmbedPicturesOptions, 'space'>, Partial<BeamOptions> {}

export interface CaptionedPicture {
  /** Its path, or the set's name and its number in it. */
  picture: string;
  /** Its place in the set. */
  index: number;
  caption: string;
  /** The caption's, 0 … 1, by the decoder. */
  probability: number;
}

export interface CaptionedPictures {
  /** In the set's order; broken pictures are not among them. */
  results: CaptionedPicture[];
  broken: { name: string; reason: string }[];
}

/**
 * Captions every picture of the set. One that cannot be read is told and left out. Throws ClipError where none can be read,
 * where more are broken than `mostBroken` allows, and where the engine's memory does not hold a batch.
 */
export async function captionPictures(
  loaded: LoadedModel,
  { decoder, vocabulary }: LoadedDecoder,
  set: PictureSet,
  options: CaptionOptions = {},
): Promise<CaptionedPictures> {
  const { beam = CAPTION_BEAM.beam, lengthPower = CAPTION_BEAM.lengthPower, ...embedding } = options;
  const { features, kept, broken } = await embedPictures(loaded, set, embedding);
  const width = loaded.model.config.embed_dim;
  normalizeRows(features, width);
  const results: CaptionedPicture[] = [];
  for (let start = 0; start < kept.length; start += TOGETHER) {
    const count = Math.min(TOGETHER, kept.length - start);
    const some = tf.tensor2d(features.slice(start * width, (start + count) * width), [count, width]); // [n, E]
    const captions = await beamSearch(decoder, some, { beam, lengthPower }).finally(() => some.dispose());
    for (const [i, { rows, logProbability }] of captions.entries()) {
      const index = kept[start + i]!;
      const caption = vocabulary.decode(rows);
      results.push({
        picture: pictureName(set, index),
        index,
        caption,
        probability: Math.exp(logProbability),
      });
    }
  }
  return { results, broken };
}
