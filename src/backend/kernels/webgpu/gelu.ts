// The two activations of CLIP's transformers, one dispatch each way, from x alone.
import { counted, type FastKernel } from '../kernel.ts';
import { elementwise } from './program.ts';

/** x · σ(1.702 x) */
export const quickGelu: FastKernel<'x'> = {
  name: 'quickGelu',
  saves: ['x'],
  forward: ({ x }) =>
    elementwise('quickGelu', 'x[index] * sigmoid(1.702 * x[index])', { x }, { helpers: SIGMOID }),
  backward: (dy, [x]) => ({
    x: () =>
      counted(
        elementwise('quickGeluGradient', 'dy[index] * slope(x[index])', { x: x!, dy }, { helpers: SIGMOID }),
      ),
  }),
};

// An exponential that overflows would be infinite, which WGSL does not promise to compute with.
const SIGMOID = `
  fn sigmoid(x : f32) -> f32 { return 1.0 / (1.0 + exp(min(-x, 80.0))); }
  fn slope(x : f32) -> f32 {
    let s = sigmoid(1.702 * x);
    return s + 1.702 * x * s * (1.0 - s);
  }
`;

/** x · Φ(x) */
export const gelu: FastKernel<'x'> = {
  name: 'gelu',
  saves: ['x'],
  forward: ({ x }) =>
    elementwise('gelu', 'x[index] * normalDistribution(x[index])', { x }, { helpers: NORMAL }),
  backward: (dy, [x]) => ({
    x: () =>
      counted(elementwise('geluGradient', 'dy[index] * slope(x[index])', { x: x!, dy }, { helpers: NORMAL })),
  }),
};

// Φ(x) = (1 + erf(x / √2)) / 2, with erf by Abramowitz and Stegun's formula 7.1.26, which is off by 1.5e-7 at most, as
// TensorFlow.js's; the density is exp(−x² / 2) / √(2π).
const NORMAL = `
  fn normalDistribution(x : f32) -> f32 {
    let a = abs(x) * ${Math.SQRT1_2};
    let t = 1.0 / (1.0 + 0.3275911 * a);
    let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    let tail = 0.5 * p * exp(-a * a);
    return select(tail, 1.0 - tail, x >= 0.0);
  }
  fn slope(x : f32) -> f32 {
    return normalDistribution(x) + x * exp(-0.5 * x * x) * ${1 / Math.sqrt(2 * Math.PI)};
  }
`;
