// Cosines of pictures with texts that are encoded already: [N] pictures, [C, E] → [N][C].
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { checkFinite } from '../check-finite.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { similarity } from '../similarity.ts';

const BATCH = 32; // pictures in one call of the model

/** `onProgress` is called with the pictures done so far, and all. */
export async function pictureCosines(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  texts: tf.Tensor2D,
  onProgress?: (done: number, total: number) => void,
): Promise<number[][]> {
  const rows: number[][] = [];
  const width = texts.shape[0];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const some = pictures.slice(start, start + BATCH);
    const cosines = tf.tidy(() =>
      tf.transpose(similarity(texts, loaded.model.encodeImage(loaded.preprocess(...some)))),
    ); // [N, C]
    const values = await cosines.data();
    cosines.dispose();
    checkFinite(values, 'pictures');
    some.forEach((_, row) => {
      rows.push(Array.from(values.subarray(row * width, (row + 1) * width)));
    });
    onProgress?.(start + some.length, pictures.length);
  }
  return rows;
}

/**
 * The cosine of every text with every picture, [M][N]: a row a text, as OpenAI's notebook "Interacting with CLIP" has it.
 * Texts are taken as they are, without a template. Throws ClipError for a text that is over the context length, unless
 * `truncate` says to cut it.
 */
export async function similarityMatrix(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  texts: readonly string[],
  { truncate, onProgress }: { truncate?: boolean; onProgress?: (done: number, total: number) => void } = {},
): Promise<number[][]> {
  const { features } = await embedTexts(loaded, texts, { truncate });
  const rows = tf.tensor2d(features, [texts.length, loaded.model.config.embed_dim]); // [M, E]
  try {
    const byPicture = await pictureCosines(loaded, pictures, rows, onProgress);
    return texts.map((_, text) => byPicture.map((row) => row[text]!));
  } finally {
    rows.dispose();
  }
}
