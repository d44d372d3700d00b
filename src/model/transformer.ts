// A stack of pre-norm residual blocks: [N, L, D] → [N, L, D]. Stands beside OpenAI's Transformer and
// ResidualAttentionBlock; both towers of CLIP use it, the text tower with a causal mask.
import type * as tf from '@tensorflow/tfjs-core';
import { MultiheadAttention } from './attention.ts';
import { Activation, type ActivationName, LayerNorm, Linear } from './layers.ts';
import { Module, Sequential } from './module.ts';
import { plus } from './ops.ts';

/** Width, out to a larger one (four times as large in OpenAI's models), and back. */
class Mlp extends Module {
  readonly c_fc: Linear;
  readonly gelu: Activation;
  readonly c_proj: Linear;

  constructor(width: number, hidden: number, activation: ActivationName) {
    super();
    this.c_fc = new Linear(width, hidden);
    this.gelu = new Activation(activation);
    this.c_proj = new Linear(hidden, width);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const hidden = this.gelu.call(this.c_fc.call(x)); // [N, L, 4·D], or as wide as it is
    return this.c_proj.call(hidden); // [N, L, D]
  }
}

export class ResidualAttentionBlock extends Module {
  readonly attn: MultiheadAttention;
  readonly ln_1: LayerNorm;
  readonly mlp: Mlp;
  readonly ln_2: LayerNorm;

  constructor({ width, heads, mlpWidth, causal, activation }: Omit<TransformerSize, 'layers'>) {
    super();
    this.attn = new MultiheadAttention(width, heads, causal);
    this.ln_1 = new LayerNorm(width);
    this.mlp = new Mlp(width, mlpWidth, activation);
    this.ln_2 = new LayerNorm(width);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const attended = plus(x, this.attn.call(this.ln_1.call(x)));
    return plus(attended, this.mlp.call(this.ln_2.call(attended)));
  }
}

export interface TransformerSize {
  width: number;
  layers: number;
  heads: number;
  mlpWidth: number;
  causal: boolean;
  activation: ActivationName;
}

export class Transformer extends Module {
  readonly resblocks: Sequential;

  constructor({ layers, ...size }: TransformerSize) {
    super();
    this.resblocks = new Sequential(Array.from({ length: layers }, () => new ResidualAttentionBlock(size)));
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this.resblocks.call(x);
  }
}
