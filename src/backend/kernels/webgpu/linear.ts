// y = x W + b in one dispatch, TensorFlow.js's own product with the bias added on its way out, and the gradients from x and
// the weight alone.
import * as tf from '@tensorflow/tfjs-core';
import { counted, type FastKernel } from '../kernel.ts';
import { rowsOf, runProgram, viewed } from './program.ts';

export const linear: FastKernel<'x' | 'weight' | 'bias'> = {
  name: 'linear',
  saves: ['x', 'weight'],
  forward: ({ x, weight, bias }) => {
    const outSize = weight.shape[1]!;
    const kernel = tf.getKernel(bias ? '_FusedMatMul' : 'BatchMatMul', 'webgpu').kernelFunc;
    const inputs = { a: rowsOf(x), b: weight, ...(bias && { bias }) };
    const answer = kernel({ inputs, backend: tf.backend(), attrs: {} }) as tf.TensorInfo; // [rows, out]
    return viewed(answer, [...x.shape.slice(0, -1), outSize]); // [..., out]
  },
  backward: (dy, [x, weight]) => {
    const [inSize, outSize] = weight!.shape as [number, number];
    const dFlat = tf.reshape(dy, [-1, outSize]) as tf.Tensor2D; // [rows, out]
    return {
      x: () => tf.reshape(tf.matMul(dFlat, weight as tf.Tensor2D, false, true), x!.shape), // [..., in]
      weight: () => tf.matMul(tf.reshape(x!, [-1, inSize]) as tf.Tensor2D, dFlat, true), // [in, out]
      bias: () => columnSums(dy), // [out]
    };
  },
};

/** Threads of a workgroup beside each other in a row, so that they read one stretch of memory. */
const BESIDE = 32;

/**
 * [..., D] → [D]: each column's sum, of x or of x · factor. TensorFlow.js's would turn the matrix over first. A workgroup
 * takes 32 columns, and its threads take turns in the rows; the order of the additions is always the same.
 */
export function columnSums(x: tf.Tensor, factor?: tf.Tensor): tf.Tensor {
  const flat = rowsOf(x); // [rows, D]
  const [rows, width] = flat.shape;
  const inputs = { x: flat, ...(factor && { factor: rowsOf(factor) }) };
  return counted(
    runProgram({
      name: factor ? 'columnSumsOfProduct' : 'columnSums',
      code: `
        var<workgroup> lanes : array<f32, ${BESIDE * TURNS}>;
        fn main(index : i32) {
          let beside = i32(localIndex) % ${BESIDE};
          let column = index / ${BESIDE * TURNS} * ${BESIDE} + beside;
          var sum = 0.0;
          if (column < uniforms.width) {
            for (var row = i32(localIndex) / ${BESIDE}; row < uniforms.rows; row = row + ${TURNS}) {
              let at = row * uniforms.width + column;
              sum = sum + x[at]${factor ? ' * factor[at]' : ''};
            }
          }
          lanes[localIndex] = sum;
          workgroupBarrier();
          if (localIndex < ${BESIDE}u && column < uniforms.width) {
            for (var turn = 1; turn < ${TURNS}; turn = turn + 1) {
              sum = sum + lanes[beside + turn * ${BESIDE}];
            }
            result[column] = sum;
          }
        }`,
      inputs,
      output: [width],
      threads: BESIDE * TURNS,
      groups: Math.ceil(width / BESIDE),
      uniforms: { rows: { type: 'i32', value: rows }, width: { type: 'i32', value: width } },
    }),
  );
}
const TURNS = 8;
