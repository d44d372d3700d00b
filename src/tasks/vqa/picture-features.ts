// What a head sees of a picture: its feature alone, or with every patch’s vector behind the last block but one: in the last
// block only the class token is of use to CLIP, and its patches were never taught to say what they are of.
// Pooled, a picture of four shapes is one point; its patches still know where each shape is.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../../errors.ts';
import type { CLIP } from '../../model/clip.ts';
import { withTap } from '../../model/module.ts';
import { VisionTransformer } from '../../model/vision-transformer.ts';

export type FusionKind = 'pooled' | 'patches';

/** How many patches the model cuts a picture into, and how wide each one's vector is. Throws ClipError where it has none. */
export function patchesOf({ config, visual }: CLIP): { count: number; width: number } {
  if (visual instanceof VisionTransformer) {
    return { count: (config.image_resolution / config.vision_patch_size!) ** 2, width: config.vision_width };
  }
  throw new ClipError('this model cuts no picture into patches: it is a ResNet', {
    hint: 'train the head with --features pooled',
  });
}

/** Pictures [N, 3, R, R] → a row each: the feature [N, E], and behind it the patches, [N, E + P·D]. */
export function pictureRows(model: CLIP, images: tf.Tensor4D, kind: FusionKind): tf.Tensor2D {
  if (kind === 'pooled') return model.encodeImage(images); // [N, E]
  const { count, width } = patchesOf(model);
  const block = Math.max(0, (model.config.vision_layers as number) - 2);
  const wanted = `visual.transformer.resblocks.${block}`;
  return tf.tidy(() => {
    let tokens: tf.Tensor | undefined;
    const tap = (name: string, value: tf.Tensor) => {
      if (name === wanted) tokens = tf.keep(value.clone()); // or the module's tidy would free it
    };
    const feature = withTap(tap, () => model.encodeImage(images)); // [N, E]
    const patches = tf.slice(tokens!, [0, 1, 0], [-1, -1, -1]); // without the class token, [N, P, D]
    tokens!.dispose();
    return tf.concat([feature, tf.reshape(patches, [-1, count * width])], 1) as tf.Tensor2D; // [N, E + P·D]
  });
}
