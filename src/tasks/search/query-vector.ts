// What is asked for → one vector [E] of length 1: each picture's and text's features scaled to length 1, times its weight,
// added up and scaled again, as "king − man + woman" is computed. A weight below 0 asks for less of something.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { ClipError } from '../../errors.ts';
import { checkFinite } from '../check-finite.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { normalizeRows } from '../normalize-rows.ts';

/** A part of what is asked for; its weight is 1 unless given. */
export type QueryPart = { text: string; weight?: number } | { picture: Picture; weight?: number };

/**
 * → [E], of length 1. Throws ClipError for no parts, an empty text, one over the context length (unless `truncate`), a weight
 * that is 0 or no number, and parts that take each other away.
 */
export async function queryVector(
  loaded: LoadedModel,
  parts: readonly QueryPart[],
  { truncate = false }: { truncate?: boolean } = {},
): Promise<Float32Array> {
  if (parts.length === 0)
    throw new ClipError('an empty query', { expected: 'a text or a picture', got: 'neither' });
  for (const part of parts) {
    if ('text' in part && part.text.trim() === '') {
      throw new ClipError('an empty query', { expected: 'a text or a picture', got: `"${part.text}"` });
    }
    const { weight = 1 } = part;
    if (!Number.isFinite(weight) || weight === 0) {
      throw new ClipError("a part's weight", { expected: 'a number other than 0', got: weight });
    }
  }
  const width = loaded.model.config.embed_dim;
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const pictures = parts.flatMap((part) => ('picture' in part ? [part.picture] : []));
  const ofTexts =
    texts.length > 0 ? (await embedTexts(loaded, texts, { truncate })).features : new Float32Array();
  const ofPictures = await pictureFeatures(loaded, pictures);
  for (const rows of [ofTexts, ofPictures]) normalizeRows(rows, width);

  const sum = new Float32Array(width);
  let [text, picture] = [0, 0];
  for (const part of parts) {
    const row = 'text' in part ? ofTexts.subarray(text++ * width) : ofPictures.subarray(picture++ * width);
    for (let i = 0; i < width; i++) sum[i]! += (part.weight ?? 1) * row[i]!;
  }
  if (Math.hypot(...sum) < 1e-6) {
    throw new ClipError('the parts of the query take each other away', { hint: 'give other --weights' });
  }
  normalizeRows(sum, width);
  return sum;
}

/** [n, E], not normalised. */
async function pictureFeatures(
  { model, preprocess }: LoadedModel,
  pictures: readonly Picture[],
): Promise<Float32Array> {
  if (pictures.length === 0) return new Float32Array();
  const features = tf.tidy(() => model.encodeImage(preprocess(...pictures))); // [n, E]
  try {
    const values = (await features.data()) as Float32Array;
    checkFinite(values, 'pictures');
    return values;
  } finally {
    features.dispose();
  }
}
