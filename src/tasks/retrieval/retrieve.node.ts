// Retrieval on a set of pictures with captions (or classes): all are encoded, and each asks for the other side.
import * as tf from '@tensorflow/tfjs-core';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { ClipError } from '../../errors.ts';
import { type EmbedPicturesOptions, embedPictures } from '../embed-pictures.node.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { normalizeRows } from '../normalize-rows.ts';
import { checkTexts } from '../prompts.ts';
import { type RetrievalQuality, retrievalQuality } from './recall.ts';

export interface Retrieval extends RetrievalQuality {
  /** Pictures that could be read. */
  pictures: number;
  /** Different texts: equal ones are one. */
  texts: number;
}

/**
 * Recall@1, 5 and 10 of a set's pictures and their captions, both ways; a set without captions has the names of its classes,
 * taken as they are. Equal texts, but for letter case and spaces at the ends, are one text, and all pictures that have it
 * are right for it. Throws ClipError for a set that says nothing of its pictures, and a text over the context length.
 */
export async function evaluateRetrieval(
  loaded: LoadedModel,
  set: PictureSet,
  { truncate, ...options }: EmbedPicturesOptions & { truncate?: boolean | undefined } = {},
): Promise<Retrieval> {
  const { classes, labels, captions } = set;
  if (!classes && !captions) {
    throw new ClipError(`${set.name} says nothing of its pictures`, { expected: 'captions or classes' });
  }
  const textsOf = (index: number): readonly string[] =>
    captions ? captions.call(set, index) : [classes![labels![index]!]!];
  const all = Array.from({ length: set.count }, (_, index) => textsOf(index).map(keyOf));
  checkTexts(all.flat());
  const width = loaded.model.config.embed_dim;
  // Texts first: one that is too long is told before an hour of pictures.
  const texts = [...new Set(all.flat())];
  const encoded = await embedTexts(loaded, texts, { truncate });
  const { features, kept } = await embedPictures(loaded, set, options);
  const keys = Array.from(kept, (index) => all[index]!);
  const there = new Set(keys.flat()); // without those of pictures that cannot be read
  const columns = texts.flatMap((text, m) => (there.has(text) ? [m] : []));
  const rows = Float32Array.from(
    columns.flatMap((m) => Array.from(encoded.features.subarray(m * width, (m + 1) * width))),
  );
  normalizeRows(rows, width);
  normalizeRows(features, width);
  const cosines = tf.tidy(() =>
    tf.matMul(
      tf.tensor2d(features, [kept.length, width]),
      tf.tensor2d(rows, [columns.length, width]),
      false,
      true,
    ),
  ); // [N, M]
  const values = await cosines.data();
  cosines.dispose();
  const matrix = keys.map((_, n) => values.subarray(n * columns.length, (n + 1) * columns.length));
  const names = columns.map((m) => texts[m]!);
  return {
    pictures: kept.length,
    texts: columns.length,
    ...retrievalQuality(matrix as Float32Array[], keys, names),
  };
}

function keyOf(text: string): string {
  return text.trim().toLowerCase();
}
