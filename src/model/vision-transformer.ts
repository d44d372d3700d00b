// The ViT image encoder: [N, 3, R, R] → [N, E]. Stands beside OpenAI's VisionTransformer
// (Dosovitskiy et al. 2021; CLIP, section 2.4, adds ln_pre).
import * as tf from '@tensorflow/tfjs-core';
import type { CLIPConfig } from './config.ts';
import { LayerNorm } from './layers.ts';
import { Module, Parameter } from './module.ts';
import { linear } from './ops.ts';
import { Transformer } from './transformer.ts';

/**
 * Cuts the picture into patches and projects each: [N, 3, R, R] → [N, g², D]. PyTorch writes this as a convolution
 * whose stride is its kernel; it is one matrix product over the patches' pixels.
 */
class PatchEmbedding extends Module {
  readonly weight: Parameter;
  readonly patchSize: number;

  constructor(width: number, patchSize: number) {
    super();
    this.weight = new Parameter([width, 3, patchSize, patchSize], { order: [1, 2, 3, 0] }); // [3, P, P, D]
    this.patchSize = patchSize;
  }

  protected override forward(image: tf.Tensor): tf.Tensor {
    const size = this.patchSize;
    const batch = image.shape[0]!;
    const grid = image.shape[2]! / size;
    const cut = tf.reshape(image, [batch, 3, grid, size, grid, size]); // [N, 3, g, P, g, P]
    const patches = tf.transpose(cut, [0, 2, 4, 1, 3, 5]); // [N, g, g, 3, P, P]
    const rows = tf.reshape(patches, [batch, grid * grid, 3 * size * size]); // [N, g², 3·P²]
    const kernel = tf.reshape(this.weight.value, [3 * size * size, -1]); // [3·P², D]
    return linear(rows, kernel); // [N, g², D]
  }

  protected override asObserved(x: tf.Tensor): tf.Tensor {
    const [batch, patches, width] = x.shape as [number, number, number];
    const grid = Math.sqrt(patches);
    return tf.reshape(tf.transpose(x, [0, 2, 1]), [batch, width, grid, grid]); // [N, D, g, g]
  }
}

export class VisionTransformer extends Module {
  readonly conv1: PatchEmbedding;
  readonly class_embedding: Parameter;
  readonly positional_embedding: Parameter;
  readonly ln_pre: LayerNorm;
  readonly transformer: Transformer;
  readonly ln_post: LayerNorm;
  readonly proj: Parameter;

  constructor(config: CLIPConfig, layers: number, patchSize: number) {
    super();
    const width = config.vision_width;
    const grid = config.image_resolution / patchSize;
    this.conv1 = new PatchEmbedding(width, patchSize);
    this.class_embedding = new Parameter([width]);
    this.positional_embedding = new Parameter([grid * grid + 1, width]);
    this.ln_pre = new LayerNorm(width);
    this.transformer = new Transformer({
      width,
      layers,
      heads: config.vision_heads,
      mlpWidth: config.vision_mlp_width!,
      causal: false,
      activation: config.activation,
    });
    this.ln_post = new LayerNorm(width);
    this.proj = new Parameter([width, config.embed_dim]);
  }

  protected override forward(image: tf.Tensor): tf.Tensor {
    const patches = this.conv1.call(image); // [N, g², D]
    const [batch, , width] = patches.shape as [number, number, number];
    // A sum, as OpenAI's: the gradient of a tile is two operations for each picture.
    const classToken = tf.add(tf.zeros([batch, 1, width]), this.class_embedding.value); // [N, 1, D]
    const tokens = tf.concat([classToken, patches], 1); // [N, g² + 1, D]
    const placed = tf.add(tokens, this.positional_embedding.value);
    const x = this.transformer.call(this.ln_pre.call(placed)); // [N, g² + 1, D]

    const first = tf.reshape(tf.slice(x, [0, 0, 0], [-1, 1, -1]), [batch, width]); // the class token, [N, D]
    return linear(this.ln_post.call(first), this.proj.value); // [N, E]
  }
}
