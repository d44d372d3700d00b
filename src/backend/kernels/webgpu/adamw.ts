// AdamW's step in three dispatches for each parameter, where the composition in src/train/adamw.ts takes sixteen.
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWStep, AdamWTensors } from '../adamw.ts';
import { counted } from '../kernel.ts';
import { elementwise } from './program.ts';

export function webgpuAdamW(step: AdamWStep, parameters: Iterable<AdamWTensors>): void {
  const number = (value: number) => ({ type: 'f32' as const, value });
  const assign = (variable: tf.Variable, compute: () => tf.TensorInfo): void => {
    tf.tidy(() => variable.assign(counted(compute())));
  };
  for (const { value, mean, square, gradient, keep } of parameters) {
    const [beta1, beta2] = [number(step.beta1), number(step.beta2)];
    assign(mean, () =>
      elementwise(
        'adamWMean',
        'mean[index] * uniforms.beta1 + gradient[index] * uniforms.rest',
        { mean, gradient },
        { uniforms: { beta1, rest: number(1 - step.beta1) } },
      ),
    );
    assign(square, () =>
      elementwise(
        'adamWSquare',
        'square[index] * uniforms.beta2 + gradient[index] * gradient[index] * uniforms.rest',
        { square, gradient },
        { uniforms: { beta2, rest: number(1 - step.beta2) } },
      ),
    );
    assign(value, () =>
      elementwise(
        'adamWValue',
        'value[index] * uniforms.keep - mean[index] / (sqrt(square[index]) + uniforms.epsilon) * uniforms.stepSize',
        { value, mean, square },
        {
          uniforms: {
            keep: number(keep),
            epsilon: number(step.epsilon),
            stepSize: number(step.stepSize),
          },
        },
      ),
    );
  }
}
