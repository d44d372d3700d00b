// A picture's features on either side of the last projection: after it they lie beside the texts', before it there are
// more of them (768 instead of 512 in a ViT-B/32), which is what the CLIP paper's linear probes see (appendix A.3).
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP } from '../model/clip.ts';
import { project } from '../model/layers.ts';
import { ModifiedResNet } from '../model/modified-resnet.ts';
import { withTap } from '../model/module.ts';
import { joinHeads, linear } from '../model/ops.ts';

export type FeatureSpace = 'before' | 'after';

/** How many numbers a picture's features have. */
export function featureWidth({ config, visual }: CLIP, space: FeatureSpace): number {
  if (space === 'after') return config.embed_dim;
  return visual instanceof ModifiedResNet ? config.vision_width * 32 : config.vision_width;
}

/** Preprocessed pictures [N, 3, R, R] → features, not normalised: [N, E], or before the projection [N, D]. */
export function imageFeatures(model: CLIP, images: tf.Tensor4D, space: FeatureSpace): tf.Tensor2D {
  if (space === 'after') return model.encodeImage(images);
  return tf.tidy(() => {
    const values = new Map<string, tf.Tensor>();
    const inPool = ['visual.attnpool.probs', 'visual.attnpool.v'];
    const wanted = model.visual instanceof ModifiedResNet ? inPool : ['visual.ln_post'];
    const tap = (name: string, value: tf.Tensor) => {
      if (wanted.includes(name)) values.set(name, tf.keep(value.clone())); // or the module's tidy would free it
    };
    withTap(tap, () => model.encodeImage(images));
    const [first, v] = wanted.map((name) => values.get(name)!);
    // The attention pool's answer has no name of its own: it is probs · v, the heads side by side.
    const features = v ? tf.reshape(joinHeads(tf.matMul(first!, v)), [images.shape[0], -1]) : first!.clone(); // [N, D]
    tf.dispose([...values.values()]);
    return features as tf.Tensor2D;
  });
}

/** Features before the projection [N, D] → after it [N, E]. */
export function projectFeatures({ visual }: CLIP, features: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    if (!(visual instanceof ModifiedResNet)) return linear(features, visual.proj.value) as tf.Tensor2D;
    const { weight, bias } = visual.attnpool.c_proj;
    return project(features, weight, bias) as tf.Tensor2D;
  });
}
