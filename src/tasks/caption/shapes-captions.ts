// The training stream of Shapes-100 → batches for the decoder: pictures drawn and encoded as they come, each with its
// caption. Only classes that training may see.
import * as tf from '@tensorflow/tfjs-core';
import { trainBatch } from '../../data/shapes/shapes.ts';
import { normalize } from '../../model/ops.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { CaptionBatches } from './train-decoder.ts';

/** Batches of `size` (1 … 85) pictures and captions of the stream with that seed. */
export function shapesCaptions(
  { model, preprocess }: LoadedModel,
  seed: number,
  size: number,
): CaptionBatches {
  return (step) => {
    const examples = trainBatch(seed, step, size);
    const features = tf.tidy(() => {
      const images = preprocess(...examples.map(({ image }) => image)); // [N, 3, R, R]
      return normalize(model.encodeImage(images)) as tf.Tensor2D; // [N, E]
    });
    return { features, captions: examples.map(({ caption }) => caption) };
  };
}
