// Attention: all of it in one operation of our own, and what it is made of, in kernels that keep for their gradients no
// more than those need.
import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from '../../../model/ops.ts';
import { product, reshape } from './linear.ts';
import { constant, type NativeKernel, run } from './operation.ts';

/**
 * q, k and v of all heads side by side, [N, L, 3D] → the heads' answers side by side, [N, L, D]. The gradient computes
 * what lies between once more, and keeps none of it.
 */
export const attention: NativeKernel<'joint'> = {
  name: 'attention',
  saves: ['joint'],
  forward: ({ joint }, { heads, isCausal }) =>
    run('ClipAttention', [joint], { heads: BigInt(heads as number), causal: isCausal as boolean }),
  backward: (dy, [joint], { heads, isCausal }) => ({
    joint: () => {
      const [q, k, v] = tf.split(split(joint!, 3 * (heads as number)), 3, 1) as [Parts, Parts, Parts];
      const mask = isCausal ? causalMask(q.shape[2]!) : undefined; // [L, L]
      const probs = softmax(product(scaled(q), k, 'b'), mask); // [N, H, L, L]
      const dHeads = split(dy, heads as number); // [N, H, L, D/H]
      const dScores = scaledLike(q, softmaxGradient(product(dHeads, v, 'b'), probs)); // [N, H, L, L]
      const parts = [product(dScores, k), product(dScores, q, 'a'), product(probs, dHeads, 'a')];
      return join(tf.concat(parts, 1)); // [N, L, 3D]
    },
  }),
};
type Parts = tf.Tensor4D;

/** [N, L, D] → [N, H, L, D/H] */
export const splitHeads: NativeKernel<'x'> = {
  name: 'splitHeads',
  saves: [],
  forward: ({ x }, attributes) => split(x, attributes.heads as number),
  backward: (dy) => ({ x: () => join(dy) }),
};

/** [N, H, L, D/H] → [N, L, D] */
export const joinHeads: NativeKernel<'x'> = {
  name: 'joinHeads',
  saves: [],
  forward: ({ x }) => join(x),
  backward: (dy, _, attributes) => ({ x: () => split(dy, attributes.heads as number) }),
};

/** q kᵀ / √(D/H): q [N, H, T, D/H] and k [N, H, L, D/H] → [N, H, T, L] */
export const attentionScores: NativeKernel<'q' | 'k'> = {
  name: 'attentionScores',
  saves: ['q', 'k'],
  forward: ({ q, k }) => product(scaled(q), k, 'b'), // [N, H, T, L]
  backward: (dy, [q, k]) => ({
    q: () => scaled(product(dy, k!)), // [N, H, T, D/H]
    k: () => scaled(product(dy, q!, 'a')), // [N, H, L, D/H]
  }),
};

/** softmax(scores + mask) over the last axis: scores [N, H, T, L], mask [T, L] or none → the same shape */
export const maskedSoftmax: NativeKernel<'scores' | 'mask'> = {
  name: 'maskedSoftmax',
  saves: [],
  savesAnswer: true,
  forward: ({ scores, mask }) => softmax(scores, mask),
  backward: (dy, [probs]) => ({
    scores: () => softmaxGradient(dy, probs!),
  }),
};

/** [N, H, T, L] */
function softmax(scores: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
  return run('Softmax', [mask ? run('AddV2', [scores, mask]) : scores]);
}

/** [N, H, T, L] */
function softmaxGradient(dy: tf.Tensor, probs: tf.Tensor): tf.Tensor {
  const weighted = run('Mul', [dy, probs]); // [N, H, T, L]
  const axis = tf.tensor1d([-1], 'int32');
  const sums = run('Sum', [weighted, axis], { T: 'float32', Tidx: 'int32', keep_dims: true }); // [N, H, T, 1]
  return run('Mul', [run('Sub', [dy, sums]), probs]); // [N, H, T, L]
}

/** The sum of two tensors of one shape. */
export const plus: NativeKernel<'a' | 'b'> = {
  name: 'plus',
  saves: [],
  forward: ({ a, b }) => run('AddV2', [a, b]),
  backward: (dy) => ({ a: () => tf.clone(dy), b: () => tf.clone(dy) }),
};

function split(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return exchangeMiddle(reshape(x, [batch, length, heads, width / heads])); // [N, H, L, D/H]
}

function join(x: tf.Tensor): tf.Tensor {
  const [batch, heads, length, size] = x.shape as [number, number, number, number];
  return reshape(exchangeMiddle(x), [batch, length, heads * size]); // [N, L, D]
}

/** [a, b, c, d] → [a, c, b, d] */
function exchangeMiddle(x: tf.Tensor): tf.Tensor {
  return run('Transpose', [x, tf.tensor1d([0, 2, 1, 3], 'int32')], { T: 'float32', Tperm: 'int32' });
}

/** Divided by the root of the last axis' length. */
function scaled(x: tf.Tensor): tf.Tensor {
  return scaledLike(x, x);
}

/** `x` divided by the root of the length of the last axis of `q`. */
function scaledLike(q: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return run('Mul', [x, constant(q.shape[3]! ** -0.5)]);
}
