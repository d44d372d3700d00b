// The head that is trained: a picture's feature v and a question's q, both frozen, are fused to [v, q, v ∘ q], and a small
// MLP says which of the answers seen in training it is: [N, E], [N, E] → logits [N, A]. The product is the fusion that Antol
// et al. 2015 ("VQA: Visual Question Answering") used; the answers as classes are theirs too. With patches the question also
// looks at the picture's parts, by attention, and what it finds is fused with the rest.
import * as tf from '@tensorflow/tfjs-core';
import { LayerNorm, Linear } from '../../model/layers.ts';
import { Module, Parameter } from '../../model/module.ts';
import { attentionScores, gelu, joinHeads, maskedSoftmax, splitHeads } from '../../model/ops.ts';

export interface FusionShape {
  /** E, of v and q. */
  width: number;
  hidden: number;
  /** A. */
  answers: number;
  /** How many patches there are and how wide each is, where the head looks at them. */
  patches?: { count: number; width: number } | undefined;
}

const HEADS = 4;
/** Of queries, keys and values, all heads together. */
const ATTENTION_WIDTH = 128;

export class Fusion extends Module<[image: tf.Tensor, question: tf.Tensor]> {
  readonly shape: FusionShape;
  readonly c_fc: Linear;
  readonly c_proj: Linear;
  readonly attn?: PatchAttention;

  constructor(shape: FusionShape) {
    super();
    const { width, hidden, answers, patches } = shape;
    this.shape = shape;
    if (patches) this.attn = new PatchAttention(width, patches.count, patches.width);
    this.c_fc = new Linear(3 * width + (patches ? ATTENTION_WIDTH : 0), hidden);
    this.c_proj = new Linear(hidden, answers);
    this.nameModules();
  }

  /**
   * Rows of v and q have length √E, so that each number is about 1 and so are the products. With patches, theirs follow v
   * in its row, one after another: [N, E + P·D].
   */
  protected override forward(image: tf.Tensor, question: tf.Tensor): tf.Tensor {
    const { width } = this.shape;
    const v = tf.slice(image, [0, 0], [-1, width]); // [N, E]
    const parts = [v, question, tf.mul(v, question)];
    if (this.attn) parts.push(this.attn.call(tf.slice(image, [0, width], [-1, -1]), question)); // [N, P·D] → [N, 128]
    return this.c_proj.call(gelu(this.c_fc.call(tf.concat(parts, 1)))); // [N, 3E (+ 128)] → [N, A]
  }
}

/** The question asks, the patches answer: [N, P·D], [N, E] → [N, 128]. */
class PatchAttention extends Module<[patches: tf.Tensor, question: tf.Tensor]> {
  readonly positional_embedding: Parameter;
  readonly ln: LayerNorm;
  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;

  constructor(width: number, count: number, patchWidth: number) {
    super();
    this.positional_embedding = new Parameter([count, patchWidth]);
    this.ln = new LayerNorm(patchWidth);
    this.q_proj = new Linear(width, ATTENTION_WIDTH);
    this.k_proj = new Linear(patchWidth, ATTENTION_WIDTH);
    this.v_proj = new Linear(patchWidth, ATTENTION_WIDTH);
  }

  protected override forward(patches: tf.Tensor, question: tf.Tensor): tf.Tensor {
    const [count, width] = this.positional_embedding.shape as [number, number];
    const rows = tf.reshape(patches, [-1, count, width]); // [N, P, D]
    const placed = tf.add(this.ln.call(rows), this.positional_embedding.value);
    const q = splitHeads(tf.expandDims(this.q_proj.call(question), 1), HEADS); // [N, H, 1, 32]
    const k = splitHeads(this.k_proj.call(placed), HEADS); // [N, H, P, 32]
    const v = splitHeads(this.v_proj.call(placed), HEADS); // [N, H, P, 32]
    const found = joinHeads(tf.matMul(maskedSoftmax(attentionScores(q, k)), v)); // [N, 1, 128]
    return tf.reshape(found, [-1, ATTENTION_WIDTH]); // [N, 128]
  }
}
