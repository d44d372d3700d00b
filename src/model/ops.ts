// The arithmetic of the layers, each as the plain composition a reader can check against the formula. Where the engine
// that runs has a kernel of the function's name (src/backend/kernels), that one does the work: the composition is the
// truth which it is held to. Legend of the shape comments: see module.ts.
import * as tf from '@tensorflow/tfjs-core';

/** The answer of the engine's own kernel of that name; nothing where it has none. */
function fast(
  name: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attributes: tf.NamedAttrMap = {},
): tf.Tensor | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined;
  const given = Object.entries(inputs).filter(([, input]) => input !== undefined);
  return tf.engine().runKernel(name, Object.fromEntries(given) as tf.NamedTensorMap, attributes);
}

/** y = x W + b. `x` [..., in], `weight` [in, out], `bias` [out] → [..., out]. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const kernel = fast('linear', { x, weight, bias });
  if (kernel) return kernel;
  const [inSize, outSize] = weight.shape as [number, number];
  // Flat, because TensorFlow.js cannot differentiate a batched matMul by an unbatched matrix.
  const flat = tf.matMul(tf.reshape(x, [-1, inSize]), weight as tf.Tensor2D); // [rows, out]
  return tf.reshape(bias ? tf.add(flat, bias) : flat, [...x.shape.slice(0, -1), outSize]); // [..., out]
}

/** Zero mean and unit variance over the last axis, then gain and bias: [..., D] → [..., D]. */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  const kernel = fast('layerNorm', { x, gain, bias }, { epsilon });
  if (kernel) return kernel;
  const mean = tf.mean(x, -1, true); // [..., 1]
  const centred = tf.sub(x, mean); // [..., D]
  // Not squaredDifference(x, mean): its gradient in TensorFlow.js does not sum over a broadcast axis, and throws.
  const variance = tf.mean(tf.square(centred), -1, true); // [..., 1]
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))); // [..., D]
  return tf.add(tf.mul(normal, gain), bias);
}

/** x · σ(1.702 x): the approximation of GELU that OpenAI's models were trained with. */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return fast('quickGelu', { x }) ?? tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
}

/** x · Φ(x) with the exact normal distribution, as torch.nn.GELU. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return fast('gelu', { x }) ?? tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/** [N, L, D] → [N, H, L, D/H]: every head gets its slice of the width. */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const kernel = fast('splitHeads', { x }, { heads });
  if (kernel) return kernel;
  const [batch, length, width] = x.shape as [number, number, number];
  const split = tf.reshape(x, [batch, length, heads, width / heads]); // [N, L, H, D/H]
  return tf.transpose(split, [0, 2, 1, 3]); // [N, H, L, D/H]
}

/** [N, H, L, D/H] → [N, L, D]: the heads side by side again. */
export function joinHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, length, size] = x.shape as [number, number, number, number];
  const kernel = fast('joinHeads', { x }, { heads });
  if (kernel) return kernel;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * size]); // [N, L, D]
}

/** q kᵀ / √(D/H), how much each position asks of each: q [N, H, T, D/H], k [N, H, L, D/H] → [N, H, T, L]. */
export function attentionScores(q: tf.Tensor, k: tf.Tensor): tf.Tensor {
  return fast('attentionScores', { q, k }) ?? tf.matMul(tf.mul(q, q.shape.at(-1)! ** -0.5), k, false, true);
}

/** softmax(scores + mask), rows that sum to 1: scores [N, H, T, L], mask [T, L] or none → [N, H, T, L]. */
export function maskedSoftmax(scores: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
  return fast('maskedSoftmax', { scores, mask }) ?? tf.softmax(mask ? tf.add(scores, mask) : scores);
}

/**
 * All that attention does between its projections, where the engine has it in one kernel: q, k and v of all heads side by
 * side, [N, L, 3D] → the heads' answers side by side, [N, L, D]. Undefined where it has not: see MultiheadAttention.
 */
export function wholeAttention(joint: tf.Tensor, heads: number, isCausal: boolean): tf.Tensor | undefined {
  return fast('attention', { joint }, { heads, isCausal });
}

/** a + b of one shape. TensorFlow.js's own sum keeps both for its gradient, for the sake of their shapes. */
export function plus(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return fast('plus', { a, b }) ?? tf.add(a, b);
}

/** What a causal text may not look at: −∞ above the diagonal, 0 elsewhere, [L, L]. */
export function causalMask(length: number): tf.Tensor {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(-Infinity, row * length + row + 1, (row + 1) * length);
  return tf.tensor2d(mask, [length, length]);
}

/** Rows scaled to length 1: [..., E] → [..., E]. */
export function normalize(features: tf.Tensor): tf.Tensor {
  return tf.div(features, tf.norm(features, 'euclidean', -1, true));
}
