// Layer normalisation over the last axis: forwards one operation of oneDNN, where TensorFlow has it; backwards from x and
// gain alone, never from the answer. Stands beside torch.nn.LayerNorm.
import * as tf from '@tensorflow/tfjs-core';
import { columnSums, product, reshape } from './linear.ts';
import { constant, type NativeKernel, run, works } from './operation.ts';
import { hasOwnOperations } from './own.ts';

export const layerNorm: NativeKernel<'x' | 'gain' | 'bias'> = {
  name: 'layerNorm',
  saves: ['x', 'gain'],
  forward: ({ x, gain, bias }, attributes) => {
    if (hasOwnOperations())
      return run('ClipLayerNorm', [x, gain, bias], { epsilon: attributes.epsilon as number });
    isThere ??= works(() => oneOperation(tf.ones([2, 4]), tf.ones([4]), tf.ones([4]), 1e-5));
    return (isThere ? oneOperation : severalOperations)(x, gain, bias, attributes.epsilon as number);
  },
  backward: (dy, [x, gain], attributes) => {
    const width = gain!.size;
    const dFlat = reshape(dy, [-1, width]); // [rows, D]
    const { normal, scale } = normalise(reshape(x!, [-1, width]), attributes.epsilon as number);
    const dyNormal = run('Mul', [dFlat, normal]); // [rows, D]
    return {
      gain: () => columnSums(dyNormal), // [D]
      bias: () => columnSums(dFlat), // [D]
      x: () => {
        // With g = dy · gain and n the normalised x: (g − mean(g) − n · mean(g n)) / deviation.
        const g = run('Mul', [dFlat, gain!]); // [rows, D]
        const share = reshape(run('Mul', [gain!, constant(1 / width)]), [width, 1]); // [D, 1]
        const along = run('Mul', [normal, product(dyNormal, share)]); // n · mean(g n), [rows, D]
        const centred = run('Sub', [run('Sub', [g, along]), rowMeans(g)]); // [rows, D]
        return reshape(run('Mul', [centred, scale]), x!.shape); // [..., D]
      },
    };
  },
};

/** oneDNN's. The empty label is for TensorFlow to look for it under its own name, and not for a rewritten one. */
function oneOperation(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  return run('_MklLayerNorm', [x, gain, bias], { T: 'float32', _kernel: '', epsilon });
}
let isThere: boolean | undefined;

/** For a TensorFlow that has not that one. */
export function severalOperations(
  x: tf.Tensor,
  gain: tf.Tensor,
  bias: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const { normal } = normalise(reshape(x, [-1, gain.size]), epsilon); // [rows, D]
  return reshape(run('BiasAdd', [run('Mul', [normal, gain]), bias]), x.shape); // [..., D]
}

/** Zero mean and unit variance in every row, [rows, D], and what the centred rows were multiplied by, [rows, 1]. */
function normalise(x: tf.Tensor, epsilon: number): { normal: tf.Tensor; scale: tf.Tensor } {
  const centred = run('Sub', [x, rowMeans(x)]); // [rows, D]
  const variance = rowMeans(run('Square', [centred])); // [rows, 1]
  const scale = run('Rsqrt', [run('AddV2', [variance, constant(epsilon)])]); // [rows, 1]
  return { normal: run('Mul', [centred, scale]), scale };
}

/** [rows, D] → [rows, 1], by the fastest sum over rows that TensorFlow has: the gradient of a bias for each "channel". */
function rowMeans(x: tf.Tensor): tf.Tensor {
  const [rows, width] = x.shape as [number, number];
  const channels = reshape(x, [1, rows, 1, width]); // [1, rows, 1, D]
  const sums = run('BiasAddGrad', [channels], { T: 'float32', data_format: 'NCHW' }); // [rows]
  return reshape(run('Mul', [sums, constant(1 / width)]), [rows, 1]);
}
