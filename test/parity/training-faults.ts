// The mistakes of faults.ts that only a backward pass or a training shows.
import * as tf from '@tensorflow/tfjs-core';
import { AdamW } from '../../src/train/adamw.ts';
import { trainableParameters } from '../../src/train/gradients.ts';
import type { Fault, Switches } from './faults.ts';

type Gradients = ReadonlyMap<string, tf.Tensor>;

/** AdamW's step with `before` and `after` around it. */
function aroundStep({ swap }: Switches, around: (step: Step) => Step): void {
  swap(AdamW.prototype, 'step', around(AdamW.prototype.step));
}
type Step = (this: AdamW, gradients: Gradients, learningRate: number) => void;

/** The mean as if it were a constant: right forwards, and wrong in everything that lies before it. */
function layerNormWithoutGradientOfMean(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, epsilon: number) {
  const constantMean = tf.customGrad((value) => ({
    value: tf.mean(value as tf.Tensor, -1, true),
    gradFunc: () => tf.zerosLike(value as tf.Tensor),
  }));
  const centred = tf.sub(x, constantMean(x));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gain), bias);
}

export const FAULTS: readonly Fault[] = [
  {
    mistake: 'the loss of pictures only, not of texts too',
    case: 'vit',
    part: 'grad',
    first: 'grad.logit_scale',
    on: ({ replace }) =>
      replace('loss.contrastiveLoss', ({ logits_per_image: logits }: { logits_per_image: tf.Tensor2D }) =>
        tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.eye(logits.shape[0])), 1))),
      ),
  },
  {
    mistake: 'no gradient through the mean of a layer norm',
    case: 'vit',
    part: 'grad',
    first: 'grad.transformer.resblocks.1.mlp.c_proj.bias',
    on: ({ replace }) => replace('ops.layerNorm', layerNormWithoutGradientOfMean),
  },
  {
    mistake: 'decay coupled to the gradient, as in Adam with L2',
    case: 'vit',
    part: 'train',
    first: 'train.loss',
    on: (switches) =>
      aroundStep(
        switches,
        (step) =>
          function (gradients, learningRate) {
            const { options } = this;
            const parameters = trainableParameters(switches.model);
            const coupled = new Map(
              [...gradients].map(([name, gradient]) => {
                const { value, shape } = parameters.get(name)!;
                const decay = shape.length > 1 ? options.weightDecay : 0;
                return [name, tf.tidy(() => tf.add(gradient, tf.mul(value, decay)))];
              }),
            );
            Object.assign(this, { options: { ...options, weightDecay: 0 } });
            step.call(this, coupled, learningRate);
            Object.assign(this, { options });
            tf.dispose([...coupled.values()]);
          },
      ),
  },
  {
    mistake: 'no bias correction',
    case: 'vit',
    part: 'train',
    first: 'train.loss',
    on: (switches) =>
      aroundStep(
        switches,
        (step) =>
          function (gradients, learningRate) {
            const { steps } = this;
            this.steps = 1e6; // long after the start, both corrections are 1
            step.call(this, gradients, learningRate);
            this.steps = steps + 1;
          },
      ),
  },
  {
    mistake: 'decay of gains and biases too',
    case: 'vit',
    part: 'train',
    first: 'train.loss',
    on: (switches) =>
      aroundStep(
        switches,
        (step) =>
          function (gradients, learningRate) {
            for (const { value, shape } of trainableParameters(switches.model).values()) {
              if (shape.length < 2)
                tf.tidy(() => value.assign(tf.mul(value, 1 - learningRate * this.options.weightDecay)));
            }
            step.call(this, gradients, learningRate);
          },
      ),
  },
];
