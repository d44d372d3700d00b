// The mistakes of faults.ts that only a backward pass or a training shows.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP } from '../../src/model/clip.ts';
import { AdamW } from '../../src/train/adamw.ts';
import { trainableParameters } from '../../src/train/gradients.ts';
import type { Fault, Switches } from './faults.ts';

type Gradients = ReadonlyMap<string, tf.Tensor>;

type Step = (gradients: Gradients, learningRate: number) => void;

/** Puts a faulty step around AdamW's own. */
function stepWith(
  faulty: (optimizer: AdamW, step: Step, gradients: Gradients, learningRate: number, model: CLIP) => void,
) {
  return ({ swap, model }: Switches): void => {
    const { step } = AdamW.prototype;
    swap(AdamW.prototype, 'step', function (this: AdamW, gradients: Gradients, learningRate: number) {
      faulty(this, step.bind(this), gradients, learningRate, model);
    });
  };
}

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
    on: stepWith((optimizer, step, gradients, learningRate, model) => {
      const { options } = optimizer;
      const parameters = trainableParameters(model);
      const coupled = new Map(
        [...gradients].map(([name, gradient]) => {
          const { value, shape } = parameters.get(name)!;
          const decay = shape.length > 1 ? options.weightDecay : 0;
          return [name, tf.tidy(() => tf.add(gradient, tf.mul(value, decay)))];
        }),
      );
      Object.assign(optimizer, { options: { ...options, weightDecay: 0 } });
      step(coupled, learningRate);
      Object.assign(optimizer, { options });
      tf.dispose([...coupled.values()]);
    }),
  },
  {
    mistake: 'no bias correction',
    case: 'vit',
    part: 'train',
    first: 'train.loss',
    on: stepWith((optimizer, step, gradients, learningRate) => {
      const { steps } = optimizer;
      optimizer.steps = 1e6; // long after the start, both corrections are 1
      step(gradients, learningRate);
      optimizer.steps = steps + 1;
    }),
  },
  {
    mistake: 'decay of gains and biases too',
    case: 'vit',
    part: 'train',
    first: 'train.loss',
    on: stepWith(({ options }, step, gradients, learningRate, model) => {
      for (const { value, shape } of trainableParameters(model).values()) {
        if (shape.length > 1) continue;
        tf.tidy(() => value.assign(tf.mul(value, 1 - learningRate * options.weightDecay)));
      }
      step(gradients, learningRate);
    }),
  },
];
