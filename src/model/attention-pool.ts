// The ResNet's last pooling: the mean of all positions asks, every position answers. [N, g, g, C] → [N, E].
// Stands beside OpenAI's AttentionPool2d, which calls F.multi_head_attention_forward with one query.
import * as tf from '@tensorflow/tfjs-core';
import { Attention } from './attention.ts';
import { Linear, project } from './layers.ts';
import { Parameter } from './module.ts';
import { splitHeads } from './ops.ts';

export class AttentionPool2d extends Attention {
  readonly positional_embedding: Parameter;
  readonly k_proj: Linear;
  readonly q_proj: Linear;
  readonly v_proj: Linear;
  readonly c_proj: Linear;
  readonly heads: number;

  constructor(grid: number, width: number, heads: number, outSize: number) {
    super();
    this.positional_embedding = new Parameter([grid * grid + 1, width]);
    this.k_proj = new Linear(width, width);
    this.q_proj = new Linear(width, width);
    this.v_proj = new Linear(width, width);
    this.c_proj = new Linear(width, outSize);
    this.heads = heads;
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const [batch, height, across, width] = x.shape as [number, number, number, number];
    const positions = tf.reshape(x, [batch, height * across, width]); // [N, g², C]
    const mean = tf.mean(positions, 1, true); // [N, 1, C]
    const tokens = tf.add(tf.concat([mean, positions], 1), this.positional_embedding.value); // [N, g² + 1, C]
    const first = tf.slice(tokens, [0, 0, 0], [-1, 1, -1]); // [N, 1, C]

    const q = splitHeads(project(first, this.q_proj.weight, this.q_proj.bias), this.heads); // [N, H, 1, C/H]
    const k = splitHeads(project(tokens, this.k_proj.weight, this.k_proj.bias), this.heads); // [N, H, L, C/H]
    const v = splitHeads(project(tokens, this.v_proj.weight, this.v_proj.bias), this.heads); // [N, H, L, C/H]
    const pooled = project(this.attend(q, k, v), this.c_proj.weight, this.c_proj.bias); // [N, 1, E]
    return tf.reshape(pooled, [batch, -1]); // [N, E]
  }
}
