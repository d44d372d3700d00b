// The two activations of CLIP's transformers, with gradients that need x alone: it is the largest tensor of a block, and
// the compositions keep it three times and more.
import type * as tf from '@tensorflow/tfjs-core';
import { constant, type NativeKernel, run } from './operation.ts';
import { hasOwnOperations } from './own.ts';

/** x · σ(1.702 x) */
export const quickGelu: NativeKernel<'x'> = {
  name: 'quickGelu',
  saves: ['x'],
  forward: ({ x }) =>
    hasOwnOperations() ? run('ClipQuickGelu', [x], {}) : run('Mul', [x, run('Sigmoid', [times(x, 1.702)])]),
  backward: (dy, [x]) => ({
    x: () => {
      const wide = times(x!, 1.702);
      const sigmoid = run('Sigmoid', [wide]);
      // d/dx x σ(a x) = σ + a x σ (1 − σ), and SigmoidGrad(σ, d) is d σ (1 − σ).
      return run('Mul', [dy, run('AddV2', [sigmoid, run('SigmoidGrad', [sigmoid, wide])])]);
    },
  }),
};

/** x · Φ(x) */
export const gelu: NativeKernel<'x'> = {
  name: 'gelu',
  saves: ['x'],
  forward: ({ x }) => run('Mul', [x, normalDistribution(x)]),
  backward: (dy, [x]) => ({
    x: () => {
      // d/dx x Φ(x) = Φ + x φ(x), with the density φ(x) = exp(−x² / 2) / √(2π).
      const density = times(run('Exp', [times(run('Square', [x!]), -0.5)]), 1 / Math.sqrt(2 * Math.PI));
      return run('Mul', [dy, run('AddV2', [normalDistribution(x!), run('Mul', [x!, density])])]);
    },
  }),
};

/** Φ(x) = (1 + erf(x / √2)) / 2 */
function normalDistribution(x: tf.Tensor): tf.Tensor {
  return times(run('AddV2', [run('Erf', [times(x, Math.SQRT1_2)]), constant(1)]), 0.5);
}

function times(x: tf.Tensor, factor: number): tf.Tensor {
  return run('Mul', [x, constant(factor)]);
}
