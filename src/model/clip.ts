// CLIP: two encoders into one space. Pictures [N, 3, R, R] and texts [M, L] → logits [N, M] and [M, N].
// Stands beside OpenAI's CLIP class (model.py); CLIP paper, section 2.3 and figure 3.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIPConfig } from './config.ts';
import { Embedding, LayerNorm } from './layers.ts';
import { ModifiedResNet } from './modified-resnet.ts';
import { Module, Parameter } from './module.ts';
import { linear, normalize } from './ops.ts';
import { Transformer } from './transformer.ts';
import { VisionTransformer } from './vision-transformer.ts';

export interface Logits extends tf.NamedTensorMap {
  /** [N, M] */
  logits_per_image: tf.Tensor2D;
  /** [M, N] */
  logits_per_text: tf.Tensor2D;
}

export class CLIP extends Module<[image: tf.Tensor4D, text: tf.Tensor2D], Logits> {
  readonly config: CLIPConfig;
  readonly positional_embedding: Parameter;
  readonly text_projection: Parameter;
  readonly logit_scale: Parameter;
  readonly visual: VisionTransformer | ModifiedResNet;
  readonly transformer: Transformer;
  readonly token_embedding: Embedding;
  readonly ln_final: LayerNorm;

  constructor(config: CLIPConfig) {
    super();
    const { transformer_width: width, vision_layers } = config;
    this.config = config;
    this.positional_embedding = new Parameter([config.context_length, width]);
    this.text_projection = new Parameter([width, config.embed_dim]);
    this.logit_scale = new Parameter([]);
    this.visual =
      typeof vision_layers === 'number'
        ? new VisionTransformer(config, vision_layers, config.vision_patch_size!)
        : new ModifiedResNet(config, vision_layers);
    this.transformer = new Transformer({
      width,
      layers: config.transformer_layers,
      heads: config.transformer_heads,
      mlpWidth: config.transformer_mlp_width,
      causal: true,
      activation: config.activation,
    });
    this.token_embedding = new Embedding(config.vocab_size, width);
    this.ln_final = new LayerNorm(width);
    this.nameModules();
  }

  /** Preprocessed pictures, float32 [N, 3, R, R] → features [N, E], not normalised. */
  encodeImage(image: tf.Tensor4D): tf.Tensor2D {
    const { image_resolution: side } = this.config;
    expectShape('pictures', image, [null, 3, side, side]);
    return tf.tidy(() => {
      const features = this.visual.call(image) as tf.Tensor2D; // [N, E]
      this.observe('image_features', features);
      return features;
    });
  }

  /**
   * Token ids, int32 [M, L], each row ending its text with the largest id → features [M, E], not normalised.
   *
   * L is the context length, or any smaller one that every text fits: the features are the same. They are read at the end
   * token, and a position never learns of those behind it, since the mask makes their scores −∞, whose softmax is 0 exactly,
   * and all other layers look at one position alone. What is cut off was only ever multiplied by those zeros.
   */
  encodeText(text: tf.Tensor2D): tf.Tensor2D {
    const { context_length } = this.config;
    expectShape('token ids', text, [null, Math.min(text.shape[1] ?? context_length, context_length)]);
    return tf.tidy(() => {
      const positions = firstRows(this.positional_embedding.value, text.shape[1]); // [L, D]
      const tokens = tf.add(this.token_embedding.call(text), positions); // [M, L, D]
      const x = this.ln_final.call(this.transformer.call(tokens)); // [M, L, D]

      const [count, length, width] = x.shape as [number, number, number];
      const starts = tf.range(0, count * length, length, 'int32'); // [M], each text's first row of [M·L, D]
      const ends = tf.cast(tf.add(starts, tf.argMax(text, 1)), 'int32'); // [M], its end token's row
      const last = tf.gather(tf.reshape(x, [count * length, width]), ends as tf.Tensor1D); // [M, D]
      const features = linear(last, this.text_projection.value) as tf.Tensor2D; // [M, E]
      this.observe('text_features', features);
      return features;
    });
  }

  protected override forward(image: tf.Tensor4D, text: tf.Tensor2D): Logits {
    return this.compare(this.encodeImage(image), this.encodeText(text));
  }

  /** Features of pictures [N, E] and of texts [M, E], not normalised → how near each is to each. */
  compare(imageFeatures: tf.Tensor2D, textFeatures: tf.Tensor2D): Logits {
    const [images, texts] = [normalize(imageFeatures), normalize(textFeatures)]; // [N, E], [M, E]
    const cosines = tf.matMul(images as tf.Tensor2D, texts as tf.Tensor2D, false, true); // [N, M]
    const logits_per_image = tf.mul(cosines, tf.exp(this.logit_scale.value)) as tf.Tensor2D;
    const logits_per_text = tf.transpose(logits_per_image) as tf.Tensor2D; // [M, N]
    this.observe('logits_per_image', logits_per_image);
    this.observe('logits_per_text', logits_per_text);
    return { logits_per_image, logits_per_text };
  }
}

/** [rows, D] → [count, D] */
function firstRows(table: tf.Tensor, count: number): tf.Tensor {
  return count === table.shape[0] ? table : tf.slice(table, [0, 0], [count, -1]);
}

/** `expected` has null where any length will do. */
function expectShape(what: string, { shape }: tf.Tensor, expected: readonly (number | null)[]): void {
  const fits =
    shape.length === expected.length && expected.every((size, i) => size === null || size === shape[i]);
  if (!fits)
    throw new Error(`${what}: expected shape [${expected.map((size) => size ?? 'N')}], got [${shape}]`);
}
