// The mistakes of faults.ts that only a backward pass or a training shows.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP } from '../../src/model/clip.ts';
import type { ModifiedResNet } from '../../src/model/modified-resnet.ts';
import type { Parameter } from '../../src/model/module.ts';
import { AdamW } from '../../src/train/adamw.ts';
import {
  type Batch,
  type LossAndGradients,
  lossAndGradients,
  trainableParameters,
} from '../../src/train/gradients.ts';
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
    gradFunc: () => tf.zeros((value as tf.Tensor).shape),
  }));
  const centred = tf.sub(x, constantMean(x));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gain), bias);
}

/** What an adapter adds to one weight's product passes through `fault`. */
function distortAdapter(weight: Parameter, fault: (added: tf.Tensor) => tf.Tensor): void {
  let adapter: Parameter['adapter'];
  Object.defineProperty(weight, 'adapter', {
    set: (given: Parameter['adapter']) => {
      adapter = given;
    },
    get: () => adapter && ((x: tf.Tensor) => fault(adapter!(x))),
  });
}

/** The same for every attention's q, k and v. */
function distortAdapters(model: CLIP, fault: (added: tf.Tensor) => tf.Tensor): void {
  for (const [name, parameter] of model.namedParameters()) {
    if (name.endsWith('in_proj_weight')) distortAdapter(parameter, fault);
  }
}

/** The mean over parts that each have a loss of their own: a pair knows nothing of the other parts' wrong answers. */
function partsByThemselves(
  model: CLIP,
  { images, tokens }: Batch,
  parameters: ReadonlyMap<string, Parameter>,
  parts: number,
): LossAndGradients {
  const count = images.shape[0];
  const size = Math.ceil(count / parts);
  const answers: LossAndGradients[] = [];
  for (let from = 0; from < count; from += size) {
    const rows = Math.min(size, count - from);
    const [some, theirs] = [tf.slice(images, from, rows), tf.slice(tokens, from, rows)];
    answers.push(lossAndGradients(model, { images: some, tokens: theirs }, parameters));
    tf.dispose([some, theirs]);
  }
  const mean = (values: tf.Tensor[]): tf.Tensor => {
    const sum = tf.tidy(() => tf.div(tf.addN(values), values.length));
    tf.dispose(values);
    return sum;
  };
  return {
    loss: mean(answers.map(({ loss }) => loss)) as tf.Scalar,
    accuracy: mean(answers.map(({ accuracy }) => accuracy)) as tf.Scalar,
    gradients: new Map(
      [...parameters.keys()].map((name) => [
        name,
        mean(answers.map(({ gradients }) => gradients.get(name)!)),
      ]),
    ),
  };
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
  {
    mistake: 'a frozen tower that is trained all the same',
    case: 'vit-frozen',
    part: 'train',
    first: 'train.loss',
    on: ({ replace }) => replace('freeze.withoutFrozen', (parameters: unknown) => parameters),
  },
  {
    mistake: 'decay of what is frozen',
    case: 'vit-frozen-text',
    part: 'train',
    first: 'train.loss',
    on: stepWith(({ options }, step, gradients, learningRate, model) => {
      for (const [name, { value, shape }] of trainableParameters(model)) {
        if (gradients.has(name) || shape.length < 2) continue;
        tf.tidy(() => value.assign(tf.mul(value, 1 - learningRate * options.weightDecay)));
      }
      step(gradients, learningRate);
    }),
  },
  {
    mistake: 'gradients that are not shortened',
    case: 'vit-clipped',
    part: 'train',
    first: 'train.loss',
    on: ({ replace }) => replace('clip-gradients.clipGradients', () => {}),
  },
  {
    mistake: 'each gradient shortened by itself, not all by the norm of all',
    case: 'vit-clipped',
    part: 'train',
    first: 'train.loss',
    on: ({ replace }) =>
      replace(
        'clip-gradients.clipGradients',
        (gradients: Map<string, tf.Tensor>, _: number, most: number) => {
          for (const [name, gradient] of gradients) {
            gradients.set(
              name,
              tf.tidy(() => tf.mul(gradient, tf.minimum(1, tf.div(most, tf.norm(gradient))))),
            );
            gradient.dispose();
          }
        },
      ),
  },
  {
    mistake: 'parts of a batch that each have a loss of their own',
    case: 'vit-clipped',
    part: 'train',
    first: 'train.loss',
    on: ({ replace }) => replace('accumulate.accumulatedGradients', partsByThemselves),
  },
  {
    mistake: 'an adapter scaled by alpha, not by alpha / rank',
    case: 'vit-lora',
    part: 'train',
    first: 'train.loss',
    on: ({ model }) => distortAdapters(model, (added) => tf.mul(added, 3)), // the rank
  },
  {
    mistake: 'the adapters of q and v exchanged',
    case: 'vit-lora',
    part: 'train',
    first: 'train.loss',
    on: ({ model }) =>
      distortAdapters(model, (added) => {
        const [q, k, v] = tf.split(added, 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.concat([v, k, q], -1);
      }),
  },
  {
    mistake: 'no decay of an adapter',
    case: 'vit-lora',
    part: 'train',
    first: 'train.loss',
    on: stepWith((optimizer, step, gradients, learningRate) => {
      const { options } = optimizer;
      Object.assign(optimizer, { options: { ...options, weightDecay: 0 } });
      step(gradients, learningRate);
      Object.assign(optimizer, { options });
    }),
  },
  {
    mistake: "no adapter on the attention pool's question",
    case: 'rn-lora',
    part: 'train',
    first: 'train.loss',
    on: ({ model }) => {
      const { q_proj } = (model.visual as ModifiedResNet).attnpool;
      distortAdapter(q_proj.weight, (added) => tf.mul(added, 0));
    },
  },
];
