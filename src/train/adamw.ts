// AdamW (Loshchilov & Hutter 2019) with PyTorch's arithmetic, its slots under the parameters' names. Stands beside
// torch.optim.AdamW; TensorFlow.js has Adam without the decoupled decay, and keeps its slots by position.
import * as tf from '@tensorflow/tfjs-core';
import { type AdamWTensors, adamWOfEngine } from '../backend/kernels/adamw.ts';
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
    const { beta1, beta2, epsilon } = this.options;
    this.steps += 1;
    // Both means start at zero; dividing by what they have seen so far takes that out.
    const correction = Math.sqrt(1 - beta2 ** this.steps);
    const stepSize = learningRate / (1 - beta1 ** this.steps);
    const parameters = this.#tensors(gradients, learningRate);
    const fast = adamWOfEngine();
    if (fast) {
      // mean / (√square / c + ε) = c · mean / (√square + c ε)
      fast({ stepSize: stepSize * correction, epsilon: epsilon * correction, beta1, beta2 }, parameters);
    } else {
      for (const tensors of parameters) this.#change(tensors, stepSize, correction);
    }
    const scale = this.#parameters.get('logit_scale')?.value;
    if (scale) tf.tidy(() => scale.assign(tf.minimum(scale, LARGEST_LOGIT_SCALE)));
  }

  /** What a step needs of each parameter. */
  *#tensors(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): Generator<AdamWTensors> {
    for (const [name, { value, shape }] of this.#parameters) {
      const { mean, square } = this.slots.get(name)!;
      const keep = shape.length > 1 ? 1 - learningRate * this.options.weightDecay : 1;
      yield { value, mean: mean.value, square: square.value, gradient: gradients.get(name)!, keep };
    }
  }

  /** The definition, which those of the engines are held to. */
  #change({ value, mean, square, keep, gradient }: AdamWTensors, stepSize: number, correction: number): void {
    const { beta1, beta2, epsilon } = this.options;
    assign(mean, () => tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
    assign(square, () => tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    assign(value, () => {
      const root = tf.add(tf.div(tf.sqrt(square), correction), epsilon);
      return tf.sub(tf.mul(value, keep), tf.mul(tf.div(mean, root), stepSize));
    });
  }

  /** Frees the slots; the parameters are the model's. */
  release(): void {
    for (const { mean, square } of this.slots.values()) {
      mean.release();
      square.release();
    }
  }
}

/** Whatever is computed on the way is freed: of the largest parameter of a ViT-B/32 each such tensor is 100 MB. */
function assign(variable: tf.Variable, compute: () => tf.Tensor): void {
  tf.tidy(() => variable.assign(compute()));
}

function zeros({ shape, order }: Parameter): Parameter {
  const slot = new Parameter(shape, { order, trainable: false });
  const zero = tf.fill([...shape], 0); // not zeros: that makes an array in JavaScript first
  slot.assign(zero);
  zero.dispose();
  return slot;
}
