// A picture's feature and the words so far → the next word. An MLP turns the feature [N, E] into K prefix vectors, which
// stand before the words' embeddings in a causal transformer; the embedding table, turned over, gives the logits.
// ClipCap (Mokady et al. 2021), section 3, its MLP variant with a small language model of its own instead of GPT-2.
// Legend, besides module.ts's: K prefix vectors · T words given · V words of the vocabulary
import * as tf from '@tensorflow/tfjs-core';
import { Activation, Embedding, LayerNorm, Linear } from '../../model/layers.ts';
import { Module, Parameter, Sequential } from '../../model/module.ts';
import { Transformer } from '../../model/transformer.ts';

export interface DecoderConfig {
  /** E, of the pictures' features. */
  embed_dim: number;
  /** K */
  prefix_length: number;
  /** L, the tokens of the longest caption, start and end of text among them. */
  context_length: number;
  /** V */
  vocab_size: number;
  width: number;
  layers: number;
  heads: number;
}

/** What the decoder says of every word in its vocabulary, after each word that it was given. */
export class CaptionDecoder extends Module<[features: tf.Tensor2D, words: tf.Tensor2D], tf.Tensor3D> {
  readonly config: DecoderConfig;
  readonly clip_project: Sequential;
  readonly positional_embedding: Parameter;
  readonly token_embedding: Embedding;
  readonly transformer: Transformer;
  readonly ln_final: LayerNorm;

  constructor(config: DecoderConfig) {
    super();
    const { embed_dim, prefix_length, context_length, vocab_size, width, layers, heads } = config;
    const all = prefix_length * width;
    this.config = config;
    this.clip_project = new Sequential([
      new Linear(embed_dim, all / 2), // half as wide within, as ClipCap has it
      new Activation('gelu'),
      new Linear(all / 2, all),
    ]);
    this.positional_embedding = new Parameter([prefix_length + context_length - 1, width]); // nothing follows the last
    this.token_embedding = new Embedding(vocab_size, width);
    this.transformer = new Transformer({
      width,
      layers,
      heads,
      mlpWidth: 4 * width,
      causal: true,
      activation: 'gelu',
    });
    this.ln_final = new LayerNorm(width);
    this.nameModules();
  }

  /**
   * Features of length 1, float32 [N, E]; words, int32 [N, T], each row beginning with the start of text, T below the
   * context length → logits [N, T, V]: at place t, of the word after the first t + 1.
   */
  protected override forward(features: tf.Tensor2D, words: tf.Tensor2D): tf.Tensor3D {
    const { prefix_length: prefix, width, vocab_size } = this.config;
    const [count, length] = words.shape;
    const before = tf.reshape(this.clip_project.call(features), [count, prefix, width]); // [N, K, D]
    const sequence = tf.concat([before, this.token_embedding.call(words)], 1); // [N, K + T, D]
    const positions = tf.slice(this.positional_embedding.value, [0, 0], [prefix + length, width]); // [K + T, D]
    const x = this.transformer.call(tf.add(sequence, positions)); // [N, K + T, D]
    const ofWords = this.ln_final.call(tf.slice(x, [0, prefix, 0], [count, length, width])); // [N, T, D]
    // Flat, because TensorFlow.js cannot differentiate a batched matMul by an unbatched matrix.
    const flat = tf.reshape(ofWords, [-1, width]) as tf.Tensor2D; // [N · T, D]
    const table = this.token_embedding.weight.value as tf.Tensor2D; // [V, D]
    return tf.reshape(tf.matMul(flat, table, false, true), [count, length, vocab_size]); // [N, T, V]
  }
}
