// A model in training, held to labelled pictures: what it calls each of them, zero-shot over all 100 labels.
import * as tf from '@tensorflow/tfjs-core';
import type { Cifar100 } from '../../src/data/cifar.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { normalize } from '../../src/model/ops.ts';
import { makeBatch } from '../../src/train/batch.ts';
import { tokenizer } from './recipe.ts';

const BATCH = 50;

/** The label that is nearest to each picture, with `a photo of a {label}` for all of them. */
export async function predict(
  model: CLIP,
  pictures: Pick<Cifar100, 'count' | 'image' | 'fineNames'>,
): Promise<number[]> {
  const captions = pictures.fineNames.map((name) => `a photo of a ${name}`);
  const heads = tf.tidy(() => {
    const { tokens } = makeBatch([], captions, tokenizer, model.config);
    return normalize(model.encodeText(tokens)); // [100, E]
  });
  const predictions: number[] = [];
  for (let start = 0; start < pictures.count; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, pictures.count - start) }, (_, i) => start + i);
    const nearest = tf.tidy(() => {
      const { images } = makeBatch(
        indices.map((i) => pictures.image(i)),
        [],
        tokenizer,
        model.config,
      );
      const cosines = tf.matMul(
        normalize(model.encodeImage(images)) as tf.Tensor2D,
        heads as tf.Tensor2D,
        false,
        true,
      );
      return tf.argMax(cosines, 1); // [N]
    });
    predictions.push(...(await nearest.data()));
    nearest.dispose();
  }
  heads.dispose();
  return predictions;
}

/** The share of right answers among the pictures that `which` takes, 0 … 1. */
export function accuracy(
  truth: readonly number[],
  predictions: readonly number[],
  which: (label: number) => boolean = () => true,
): number {
  const taken = truth.map((_, i) => i).filter((i) => which(truth[i]!));
  return taken.filter((i) => predictions[i] === truth[i]).length / taken.length;
}
