// Pictures and their captions → the two tensors of a training step.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../data/pictures/picture.ts';
import { preprocess } from '../data/pictures/preprocess.ts';
import type { CLIPConfig } from '../model/config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Batch } from './gradients.ts';

/** Picture i belongs to caption i. A caption over the model's context length throws ClipError. */
export function makeBatch(
  pictures: readonly Picture[],
  captions: readonly string[],
  tokenizer: Tokenizer,
  config: CLIPConfig,
): Batch {
  const { image_resolution: size, context_length: length } = config;
  const pixels = new Float32Array(pictures.length * 3 * size * size);
  pictures.forEach((picture, i) => {
    pixels.set(preprocess(picture, size, config), i * 3 * size * size);
  });
  const ids = new Int32Array(captions.length * length);
  tokenizer.tokenize(captions, length).forEach((row, i) => {
    ids.set(row, i * length);
  });
  return {
    images: tf.tensor4d(pixels, [pictures.length, 3, size, size]),
    tokens: tf.tensor2d(ids, [captions.length, length], 'int32'),
  };
}
