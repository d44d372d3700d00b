// One canvas on its way up: steps of Adam against the gradient of what it is optimised for.
import * as tf from '@tensorflow/tfjs-core';
import type { Bits } from '../../data/random.ts';
import { AdamW } from '../../train/adamw.ts';
import { backward } from '../../train/backward.ts';
import { learningRateAt } from '../../train/schedule.ts';
import type { Canvas } from './canvas.ts';
import { checkFiniteLoss } from './check.ts';
import type { Objective } from './objective.ts';

const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };
const WARMUP = 10;

export class Climb {
  readonly canvas: Canvas;
  readonly #objective: Objective;
  readonly #optimizer: AdamW;
  readonly #total: number;

  /** `total` steps are planned: the learning rate and what changes on the way are laid out over them. */
  constructor(canvas: Canvas, objective: Objective, total: number) {
    this.canvas = canvas;
    this.#objective = objective;
    this.#optimizer = new AdamW(canvas.parameters, ADAM);
    this.#total = total;
  }

  get steps(): number {
    return this.#optimizer.steps;
  }

  /** One step; the loss and the mean cosine before it. Throws ClipError where the loss is no number. */
  step(bits: Bits): { loss: number; cosine: number } {
    const { canvas } = this;
    const parameters = [...canvas.parameters];
    const steps = this.#total;
    canvas.advance?.(this.steps / steps);
    let likeness: tf.Scalar | undefined;
    const { value, gradients } = backward(
      () => {
        const found = this.#objective.lossOf(canvas, bits);
        likeness = tf.keep(found.cosine);
        return found.loss;
      },
      parameters.map(([, parameter]) => parameter.value),
    );
    const [loss, cosine] = [value.dataSync()[0]!, likeness!.dataSync()[0]!];
    const byName = new Map(parameters.map(([name], i) => [name, gradients[i]!]));
    const schedule = { steps, warmup: Math.min(WARMUP, steps - 1), learningRate: canvas.learningRate };
    try {
      checkFiniteLoss(loss, this.steps + 1);
      this.#optimizer.step(byName, learningRateAt(this.steps, schedule));
    } finally {
      tf.dispose([value, likeness!, ...byName.values()]);
    }
    return { loss, cosine };
  }

  /** Of the optimiser and of the canvas. */
  release(): void {
    this.#optimizer.release();
    for (const parameter of this.canvas.parameters.values()) parameter.release();
  }
}
