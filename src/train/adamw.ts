// AdamW (Loshchilov & Hutter 2019) with PyTorch's arithmetic, its slots under the parameters' names. Stands beside
// torch.optim.AdamW; TensorFlow.js has Adam without the decoupled decay, and keeps its slots by position.
import * as tf from '@tensorflow/tfjs-core';
import { Parameter } from '../model/module.ts';

export interface AdamWOptions {
  /** How much of the running means is kept at a step: of the gradients, and of their squares. */
  beta1: number;
  beta2: number;
  /** Added to the root of the mean square, after the correction for its start at zero. */
  epsilon: number;
  /** The part of every matrix that is taken off at a learning rate of 1. Gains, biases and scalars keep theirs. */
  weightDecay: number;
}

/** CLIP paper, table 18: for its ViTs. */
export const CLIP_ADAMW: AdamWOptions = { beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2 };

/** The two running means of one parameter, of its shape and in its stored order. */
export interface Slots {
  /** PyTorch's `exp_avg`. */
  mean: Parameter;
  /** PyTorch's `exp_avg_sq`. */
  square: Parameter;
}

const LARGEST_LOGIT_SCALE = Math.log(100); // CLIP paper, section 2.5: more makes training unstable

export class AdamW {
  readonly options: AdamWOptions;
  readonly slots: ReadonlyMap<string, Slots>;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  /** Steps made so far. */
  steps: number = 0;

  constructor(parameters: ReadonlyMap<string, Parameter>, options: AdamWOptions) {
    this.options = options;
    this.#parameters = parameters;
    this.slots = new Map(
      [...parameters].map(([name, like]) => [name, { mean: zeros(like), square: zeros(like) }]),
    );
  }

  /** One step against the gradients, which are by name and in stored order, and stay the caller's. */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.options;
    this.steps += 1;
    // Both means start at zero; dividing by what they have seen so far takes that out.
    const stepSize = learningRate / (1 - beta1 ** this.steps);
    const correction = Math.sqrt(1 - beta2 ** this.steps);
    for (const [name, { value, shape }] of this.#parameters) {
      const slots = this.slots.get(name)!;
      tf.tidy(() => {
        const gradient = gradients.get(name)!;
        const mean = tf.add(tf.mul(slots.mean.value, beta1), tf.mul(gradient, 1 - beta1));
        const square = tf.add(tf.mul(slots.square.value, beta2), tf.mul(tf.square(gradient), 1 - beta2));
        const root = tf.add(tf.div(tf.sqrt(square), correction), epsilon);
        const decayed = shape.length > 1 ? tf.mul(value, 1 - learningRate * weightDecay) : value;
        const moved = tf.sub(decayed, tf.mul(tf.div(mean, root), stepSize));
        slots.mean.value.assign(mean);
        slots.square.value.assign(square);
        value.assign(name === 'logit_scale' ? tf.minimum(moved, LARGEST_LOGIT_SCALE) : moved);
      });
    }
  }

  /** Frees the slots; the parameters are the model's. */
  release(): void {
    for (const { mean, square } of this.slots.values()) {
      mean.release();
      square.release();
    }
  }
}

function zeros({ shape, order }: Parameter): Parameter {
  const slot = new Parameter(shape, { order, trainable: false });
  const zero = tf.zeros([...shape]);
  slot.assign(zero);
  zero.dispose();
  return slot;
}
