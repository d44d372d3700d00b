// Multi-head self-attention: [N, L, D] → [N, L, D]. Stands beside torch.nn.MultiheadAttention.
// softmax(q kᵀ / √(D/H) + mask) v, in H heads (Vaswani et al. 2017, section 3.2).
import * as tf from '@tensorflow/tfjs-core';
import { Linear, project } from './layers.ts';
import { LINEAR_ORDER, Module, Parameter } from './module.ts';
import { attentionScores, causalMask, joinHeads, maskedSoftmax, splitHeads, wholeAttention } from './ops.ts';

/** The part that both attentions of CLIP share; its inner values are shown to taps under the module's path. */
export abstract class Attention extends Module {
  /** q [N, H, T, D/H], k and v [N, H, L, D/H], mask [T, L] or none → the heads' answers side by side, [N, T, D]. */
  protected attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
    this.observe('q', q);
    this.observe('k', k);
    this.observe('v', v);
    const scores = attentionScores(q, k); // [N, H, T, L]
    this.observe('scores', scores);
    const probs = maskedSoftmax(scores, mask); // [N, H, T, L], rows sum to 1
    this.observe('probs', probs);
    return joinHeads(tf.matMul(probs, v)); // [N, T, D]
  }
}

export class MultiheadAttention extends Attention {
  readonly in_proj_weight: Parameter;
  readonly in_proj_bias: Parameter;
  readonly out_proj: Linear;
  readonly heads: number;
  /** Whether a position sees only itself and what stands before it, as in the text tower. */
  readonly causal: boolean;

  constructor(width: number, heads: number, causal: boolean) {
    super();
    this.in_proj_weight = new Parameter([3 * width, width], { order: LINEAR_ORDER });
    this.in_proj_bias = new Parameter([3 * width]);
    this.out_proj = new Linear(width, width);
    this.heads = heads;
    this.causal = causal;
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const joint = project(x, this.in_proj_weight, this.in_proj_bias); // [N, L, 3D]
    // One kernel, where the engine has it and nobody looks at what lies between.
    const whole = this.isObserved ? undefined : wholeAttention(joint, this.heads, this.causal); // [N, L, D]
    const attended = whole ?? this.attendJoint(joint); // [N, L, D]
    // Without out_proj's `call`: PyTorch's attention uses its weights, and no hook sees the module.
    return project(attended, this.out_proj.weight, this.out_proj.bias); // [N, L, D]
  }

  /** q, k and v side by side, [N, L, 3D] → [N, L, D]. */
  private attendJoint(joint: tf.Tensor): tf.Tensor {
    const [q, k, v] = tf.split(splitHeads(joint, 3 * this.heads), 3, 1); // each [N, H, L, D/H]
    const mask = this.causal ? causalMask(joint.shape[1]!) : undefined; // [L, L]
    return this.attend(q!, k!, v!, mask); // [N, L, D]
  }
}
