// The layers everything else is made of, beside torch.nn.Linear, LayerNorm, Embedding, GELU and OpenAI's QuickGELU.
import * as tf from '@tensorflow/tfjs-core';
import { LINEAR_ORDER, Module, Parameter } from './module.ts';
import { gelu, layerNorm, linear, plus, quickGelu } from './ops.ts';

/** y = x W + b: [..., in] → [..., out]. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(inSize: number, outSize: number) {
    super();
    this.weight = new Parameter([outSize, inSize], { order: LINEAR_ORDER });
    this.bias = new Parameter([outSize]);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return project(x, this.weight, this.bias);
  }
}

/** x W + b, and what an adapter on W adds: [..., in] → [..., out]. */
export function project(x: tf.Tensor, weight: Parameter, bias: Parameter): tf.Tensor {
  const y = linear(x, weight.value, bias.value); // [..., out]
  return weight.adapter ? plus(y, weight.adapter(x)) : y;
}

/** Layer normalisation over the width: [..., D] → [..., D]. */
export class LayerNorm extends Module {
  static readonly EPSILON: number = 1e-5; // PyTorch's default
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(width: number) {
    super();
    this.weight = new Parameter([width]);
    this.bias = new Parameter([width]);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return layerNorm(x, this.weight.value, this.bias.value, LayerNorm.EPSILON);
  }
}

/** A row of the table for every id: int32 [N, L] → [N, L, D]. */
export class Embedding extends Module {
  readonly weight: Parameter;

  constructor(count: number, width: number) {
    super();
    this.weight = new Parameter([count, width]);
  }

  protected override forward(ids: tf.Tensor): tf.Tensor {
    return tf.gather(this.weight.value, ids as tf.Tensor2D); // [N, L, D]
  }
}

export type ActivationName = 'quick_gelu' | 'gelu';

/** The non-linearity of the transformers: OpenAI's weights want QuickGELU, open_clip's of its own training GELU. */
export class Activation extends Module {
  readonly kind: ActivationName;

  constructor(kind: ActivationName) {
    super();
    this.kind = kind;
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this.kind === 'gelu' ? gelu(x) : quickGelu(x);
  }
}
