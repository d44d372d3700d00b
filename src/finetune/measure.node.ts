// How good a model is at a set: of classes, by their names alone; of captions, by finding a picture's own among all.
import * as tf from '@tensorflow/tfjs-core';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { normalize } from '../model/ops.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { checkFinite } from '../tasks/zero-shot.ts';
import { type EncodeOptions, encodePictures } from './features.node.ts';
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
  options: EncodeOptions,
): Promise<number> {
  return measureOf(set) === 'top1'
    ? zeroShotAccuracy(loaded, set, templates, options)
    : captionRecall(loaded, set, options);
}

const BATCH = 32; // texts in one call of the model

/** Recall at 1, picture to text, over all different captions of the set. */
async function captionRecall(loaded: LoadedModel, set: PictureSet, options: EncodeOptions): Promise<number> {
  const { features, kept } = await encodePictures(loaded, set, options);
  const texts = [...new Set(Array.from(kept, (index) => set.captions!(index)).flat())];
  const rows = await encodeTexts(loaded, texts); // [M, E]
  let right = 0;
  for (let start = 0; start < kept.length; start += BATCH) {
    const count = Math.min(BATCH, kept.length - start);
    const width = features.length / kept.length;
    const cosines = tf.tidy(() => {
      const some = tf.tensor2d(features.subarray(start * width, (start + count) * width), [count, width]); // [n, E]
      return tf.matMul(normalize(some) as tf.Tensor2D, rows, false, true); // [n, M]
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

/** [M, E], of length 1; texts over the context length are cut. */
async function encodeTexts({ model, tokenize }: LoadedModel, texts: readonly string[]): Promise<tf.Tensor2D> {
  const parts: tf.Tensor2D[] = [];
  for (let start = 0; start < texts.length; start += BATCH) {
    const some = texts.slice(start, start + BATCH);
    const part = tf.tidy(() => normalize(model.encodeText(tokenize(some, true))) as tf.Tensor2D); // [m, E]
    checkFinite(await part.data(), 'texts');
    parts.push(part);
  }
  const rows = tf.concat(parts); // [M, E]
  tf.dispose(parts);
  return rows;
}
