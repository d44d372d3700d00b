// y = x W + b in one operation of our own, or in three of TensorFlow's, where the composition in src/model/ops.ts takes
// five, and its gradients in one matrix product each. What goes back is x alone: TensorFlow.js's own gradients would keep
// the product and the sum too.
import * as tf from '@tensorflow/tfjs-core';
import { type NativeKernel, run } from './operation.ts';
import { hasOwnProducts } from './own.ts';

export const linear: NativeKernel<'x' | 'weight' | 'bias'> = {
  name: 'linear',
  saves: ['x', 'weight'],
  forward: ({ x, weight, bias }) => {
    if (bias && hasOwnProducts()) return run('ClipLinear', [x, weight, bias], {}); // [..., out]
    const [inSize, outSize] = weight.shape as [number, number];
    const flat = product(reshape(x, [-1, inSize]), weight); // [rows, out]
    return reshape(bias ? run('BiasAdd', [flat, bias]) : flat, [...x.shape.slice(0, -1), outSize]); // [..., out]
  },
  backward: (dy, [x, weight]) => {
    const [inSize, outSize] = weight!.shape as [number, number];
    const dFlat = reshape(dy, [-1, outSize]); // [rows, out]
    return {
      x: () => reshape(product(dFlat, weight!, 'b'), x!.shape), // [..., in]
      weight: () => product(reshape(x!, [-1, inSize]), dFlat, 'a'), // [in, out]
      bias: () => columnSums(dFlat), // [out]
    };
  },
};

/**
 * Products of the last two axes, one factor turned if `turned` says so. Not by TensorFlow's MatMul, which corrupts the heap
 * when a signal interrupts it: docs/decisions.md.
 */
export function product(a: tf.Tensor, b: tf.Tensor, turned?: 'a' | 'b'): tf.Tensor {
  if (a.rank === 2 && !turned && hasOwnProducts()) return run('ClipProduct', [a, b], {});
  return run('BatchMatMulV2', [a, b], { T: 'float32', adj_x: turned === 'a', adj_y: turned === 'b' });
}

/** As tf.reshape, without its tape. */
export function reshape(x: tf.Tensor, shape: number[]): tf.Tensor {
  const sizes = tf.tensor1d(shape, 'int32');
  return run('Reshape', [x, sizes], { T: 'float32', Tshape: 'int32' });
}

/** [rows, D] → [D] */
export function columnSums(x: tf.Tensor): tf.Tensor {
  return run('BiasAddGrad', [x]);
}
