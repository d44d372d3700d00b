// Dense features: what each patch of a picture says in the space of pictures and texts. [N, 3, R, R] → [N, g², E].
// Legend of the shape comments: see src/model/module.ts.
//
// `contributions` (Gandelsman, Efros and Steinhardt 2024, "Interpreting CLIP's image representation via text-based
// decomposition", equation 4). What attention adds to the class token is a sum over the patches: p_i · v_i W_o, p_i being
// how much the class token attends to patch i. The blocks' sums, taken over all blocks, go through the last normalisation,
// whose scale is the picture's own, and the last projection. The parts of one picture and what is no patch's (the class
// token's own part, biases, MLPs) come to its feature, so that a part is a share of it.
// `values` (Zhou, Loy and Dai 2022, "Extract free dense labels from CLIP", MaskCLIP): the last attention's v_i W_o + b alone,
// as if each patch attended to itself only. `tokens`: the last block's output at each patch, which training never looked at.
// A ResNet's attention pool is one attention, whose query is the mean of the positions: the same two, and no tokens.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../../errors.ts';
import type { CLIP } from '../../model/clip.ts';
import { LayerNorm, project } from '../../model/layers.ts';
import { ModifiedResNet } from '../../model/modified-resnet.ts';
import { withTap } from '../../model/module.ts';
import { joinHeads, linear } from '../../model/ops.ts';
import type { ResidualAttentionBlock } from '../../model/transformer.ts';
import type { VisionTransformer } from '../../model/vision-transformer.ts';

export type PatchMethod = 'contributions' | 'values' | 'tokens';
export const PATCH_METHODS: readonly PatchMethod[] = ['contributions', 'values', 'tokens'];

export interface PatchFeatures extends tf.NamedTensorMap {
  /** [N, g², E], row after row from the top left, not normalised. */
  patches: tf.Tensor3D;
  /** The picture's own feature, [N, E], not normalised. */
  image: tf.Tensor2D;
}

/** Patches along a side of a picture: those of a ViT, the last stage's positions of a ResNet. */
export function gridOf({ config }: CLIP): number {
  return config.image_resolution / (config.vision_patch_size ?? 32);
}

/**
 * Preprocessed pictures [N, 3, R, R] → the features of their patches. Whoever asked disposes of them. Throws ClipError for
 * the tokens of a ResNet, which has none.
 */
export function patchFeatures(
  model: CLIP,
  images: tf.Tensor4D,
  method: PatchMethod = 'contributions',
): PatchFeatures {
  return tf.tidy(() => {
    const { visual } = model;
    if (visual instanceof ModifiedResNet) return ofResNet(model, visual, images, method);
    return method === 'contributions'
      ? contributions(model, visual, images)
      : ofLastBlock(model, visual, images, method);
  });
}

/** The class token's attention to each token, times the token's value: [N, H, T, L], [N, H, L, d] → [N, L, D]. */
function weighted(probs: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const ofClass = tf.slice(probs, [0, 0, 0, 0], [-1, -1, 1, -1]); // [N, H, 1, L]
  return joinHeads(tf.mul(v, tf.transpose(ofClass, [0, 1, 3, 2]))); // [N, L, D]
}

function contributions(model: CLIP, visual: VisionTransformer, images: tf.Tensor4D): PatchFeatures {
  const blocks = visual.transformer.resblocks.modules as readonly ResidualAttentionBlock[];
  let sum: tf.Tensor | undefined; // over the blocks so far, [N, L, D]
  let v: tf.Tensor | undefined;
  let last: tf.Tensor | undefined; // what the transformer gives, [N, L, D]
  // Within `model`'s own tidies: what is to outlive them is kept, and freed by hand.
  const tap = (name: string, value: tf.Tensor): void => {
    const [, block, what] = /^visual\.transformer\.resblocks\.(\d+)\.attn\.(v|probs)$/.exec(name) ?? [];
    if (what === 'v') v = tf.keep(value.clone());
    if (what === 'probs') {
      const { out_proj } = blocks[Number(block)]!.attn;
      const before = sum;
      sum = tf.keep(
        tf.tidy(() => {
          const part = linear(weighted(value, v!), out_proj.weight.value); // [N, L, D]
          return before ? tf.add(before, part) : part;
        }),
      );
      tf.dispose([v!, ...(before ? [before] : [])]);
    }
    if (name === 'visual.transformer') last = tf.keep(value.clone());
  };
  const image = withTap(tap, () => model.encodeImage(images)); // [N, E]
  const classToken = tf.slice(last!, [0, 0, 0], [-1, 1, -1]); // [N, 1, D]
  const mean = tf.mean(classToken, -1, true); // [N, 1, 1]
  const variance = tf.mean(tf.square(tf.sub(classToken, mean)), -1, true); // [N, 1, 1]
  // Layer normalisation as the linear map that it is once the class token's variance is known.
  const centred = tf.sub(sum!, tf.mean(sum!, -1, true)); // [N, L, D]
  const scaled = tf.mul(centred, tf.rsqrt(tf.add(variance, LayerNorm.EPSILON))); // [N, L, D]
  const parts = linear(tf.mul(scaled, visual.ln_post.weight.value), visual.proj.value); // [N, L, E]
  tf.dispose([sum!, last!]);
  return { patches: withoutFirst(parts), image };
}

function ofLastBlock(
  model: CLIP,
  visual: VisionTransformer,
  images: tf.Tensor4D,
  method: 'values' | 'tokens',
): PatchFeatures {
  const block = visual.transformer.resblocks.modules.length - 1;
  const path = `visual.transformer.resblocks.${block}`;
  const { image, seen } = observed(model, images, [method === 'values' ? `${path}.attn.v` : path]);
  const { out_proj } = (visual.transformer.resblocks.modules[block] as ResidualAttentionBlock).attn;
  const tokens =
    method === 'values' ? project(joinHeads(seen[0]!), out_proj.weight, out_proj.bias) : seen[0]!; // [N, L, D]
  const features = linear(visual.ln_post.call(tokens), visual.proj.value); // [N, L, E]
  return { patches: withoutFirst(features), image };
}

function ofResNet(
  model: CLIP,
  { attnpool }: ModifiedResNet,
  images: tf.Tensor4D,
  method: PatchMethod,
): PatchFeatures {
  if (method === 'tokens') {
    throw new ClipError('patch tokens', {
      expected: `a ViT, or the method contributions or values`,
      got: 'a ResNet',
    });
  }
  const { image, seen } = observed(model, images, ['visual.attnpool.probs', 'visual.attnpool.v']);
  const [probs, v] = seen as [tf.Tensor, tf.Tensor];
  const { weight, bias } = attnpool.c_proj;
  const parts =
    method === 'values' ? project(joinHeads(v), weight, bias) : linear(weighted(probs, v), weight.value); // [N, L, E]
  return { patches: withoutFirst(parts), image };
}

/** The pictures' features, and the values of these names on the way there. */
function observed(
  model: CLIP,
  images: tf.Tensor4D,
  names: readonly string[],
): { image: tf.Tensor2D; seen: tf.Tensor[] } {
  const kept = new Map<string, tf.Tensor>();
  const tap = (name: string, value: tf.Tensor): void => {
    if (names.includes(name)) kept.set(name, tf.keep(value.clone())); // or the module's tidy would free it
  };
  const image = withTap(tap, () => model.encodeImage(images)); // [N, E]
  const seen = names.map((name) => kept.get(name)!.clone()); // these are the caller's tidy's
  tf.dispose([...kept.values()]);
  return { image, seen };
}

/** Without the class token, or the mean: [N, L, E] → [N, g², E]. */
function withoutFirst(tokens: tf.Tensor): tf.Tensor3D {
  return tf.slice(tokens, [0, 1, 0], [-1, -1, -1]) as tf.Tensor3D;
}
