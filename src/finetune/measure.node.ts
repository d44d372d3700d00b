// How good a model is at a set: of classes, by their names alone; of captions, by finding a picture's own among all.
import * as tf from '@tensorflow/tfjs-core';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { normalize } from '../model/ops.ts';
import { type EmbedPicturesOptions, embedPictures } from '../tasks/embed-pictures.node.ts';
import { embedTexts } from '../tasks/embed-texts.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { likeliest } from './head-accuracy.ts';
import { zeroShotAccuracy } from './zero-shot-accuracy.node.ts';

/** What the number is: the share of pictures of which the right class is the nearest, or one of their own captions. */
export type Measure = 'top1' | 'recall1';

export function measureOf({ classes }: PictureSet): Measure {
  return classes ? 'top1' : 'recall1';
}

/** 0 … 1 */
export function scoreOf(
  loaded: LoadedModel,
  set: PictureSet,
  templates: readonly string[] | undefined,
  options: EmbedPicturesOptions,
): Promise<number> {
  return measureOf(set) === 'top1'
    ? zeroShotAccuracy(loaded, set, templates, options)
    : captionRecall(loaded, set, options);
}

const BATCH = 32; // pictures that are compared at once

/** Recall at 1, picture to text, over all different captions of the set. */
async function captionRecall(
  loaded: LoadedModel,
  set: PictureSet,
  options: EmbedPicturesOptions,
): Promise<number> {
  const { features, kept } = await embedPictures(loaded, set, options);
  const texts = [...new Set(Array.from(kept, (index) => set.captions!(index)).flat())];
  const { features: textFeatures } = await embedTexts(loaded, texts, { truncate: true });
  const rows = tf.tidy(() =>
    normalize(tf.tensor2d(textFeatures, [texts.length, textFeatures.length / texts.length])),
  ); // [M, E]
  let right = 0;
  for (let start = 0; start < kept.length; start += BATCH) {
    const count = Math.min(BATCH, kept.length - start);
    const width = features.length / kept.length;
    const cosines = tf.tidy(() => {
      const some = tf.tensor2d(features.subarray(start * width, (start + count) * width), [count, width]); // [n, E]
      return tf.matMul(normalize(some) as tf.Tensor2D, rows as tf.Tensor2D, false, true); // [n, M]
    });
    const values = await cosines.data();
    cosines.dispose();
    for (let row = 0; row < count; row++) {
      const nearest = texts[likeliest(values, row * texts.length, texts.length)]!;
      if (set.captions!(kept[start + row]!).includes(nearest)) right += 1;
    }
  }
  rows.dispose();
  return right / kept.length;
}
