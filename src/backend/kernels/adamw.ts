// AdamW's step as an engine does it at once; the definition is in src/train/adamw.ts.
import * as tf from '@tensorflow/tfjs-core';

/** What a step does to every parameter. */
export interface AdamWStep {
  /** The learning rate with both corrections for the means' start at zero. */
  stepSize: number;
  /** What is added to the root of the running mean square as it is kept, not corrected. */
  epsilon: number;
  beta1: number;
  beta2: number;
}

export interface AdamWTensors {
  value: tf.Variable;
  /** The running mean of the gradients, and of their squares. */
  mean: tf.Variable;
  square: tf.Variable;
  gradient: tf.Tensor;
  /** What the value is multiplied by before. */
  keep: number;
}

/** Changes value, mean and square of each parameter. `parameters` is asked for one after another. */
export type FastAdamW = (step: AdamWStep, parameters: Iterable<AdamWTensors>) => void;

/** By TensorFlow.js's names for the engines; asked at every step, an engine may say that it has none. */
export const fastAdamW: Map<string, () => FastAdamW | undefined> = new Map();

/** The running engine's own, where it has one. */
export function adamWOfEngine(): FastAdamW | undefined {
  return fastAdamW.get(tf.getBackend())?.();
}
