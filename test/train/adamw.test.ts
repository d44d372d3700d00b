// AdamW, held to ten steps of PyTorch's (scripts/record_train.py).
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { CLIP } from '../../src/model/clip.ts';
import { Parameter } from '../../src/model/module.ts';
import { AdamW } from '../../src/train/adamw.ts';
import { lossAndGradients, trainableParameters } from '../../src/train/gradients.ts';
import { openFixture, recorded } from '../support.ts';
import { OPTIONS, TINY, trainingEngines } from './support.ts';

// A parameter may be off by a tenth of what a step can move it; PyTorch's own fp32 and fp64 differ by 0.04 to 0.07.
const PARAMETER_BAR = 0.1; // learning rates
const LOSS_BAR = 1e-5; // of max(1, |loss|)
// The scores' softmax does not feel the keys' bias: its gradient is zero, and what comes out is rounding divided by
// itself. PyTorch's own fp32 and fp64 differ there by 0.24.
const KEY_BIAS_BAR = 1;

/** As scripts/record_train.py writes them. */
type RecordedOptions = Record<'lr' | 'beta1' | 'beta2' | 'eps' | 'weight_decay', number>;

test.each(await trainingEngines())('ten steps are PyTorch’s, on %s', async (engine) => {
  await startEngine(engine);
  const recording = await openFixture('train', 'tiny-vit.safetensors');
  const options: RecordedOptions = JSON.parse(recording.metadata.get('train')!);
  const model = new CLIP(TINY);
  for (const [name, parameter] of model.namedParameters()) {
    const start = await recorded(recording, `param.${name}`);
    parameter.assign(start);
    start.dispose();
  }
  const batch = {
    images: (await recorded(recording, 'input.image')) as tf.Tensor4D,
    tokens: (await recorded(recording, 'input.text')) as tf.Tensor2D,
  };
  const expected = (await recorded(recording, 'train.loss')).dataSync();
  const optimizer = new AdamW(trainableParameters(model), {
    beta1: options.beta1,
    beta2: options.beta2,
    epsilon: options.eps,
    weightDecay: options.weight_decay,
  });

  expect(expected.length).toBe(10);
  for (const reference of expected) {
    const { loss, accuracy, gradients } = lossAndGradients(model, batch);
    expect(Math.abs(loss.dataSync()[0]! - reference)).toBeLessThan(LOSS_BAR * Math.max(1, reference));
    optimizer.step(gradients, options.lr);
    tf.dispose([loss, accuracy, ...gradients.values()]);
  }

  let checked = 0;
  const worst = { rates: 0, name: '', keyBias: 0 };
  for (const [name, parameter] of model.namedParameters()) {
    const [own, reference] = [parameter.read(), await recorded(recording, `train.param.${name}`)];
    const off = tf.div(tf.abs(tf.sub(own, reference)), options.lr).dataSync();
    const third = off.length / 3;
    const isKeyBias = (i: number) => name.endsWith('in_proj_bias') && i >= third && i < 2 * third;
    off.forEach((rates, i) => {
      if (isKeyBias(i)) worst.keyBias = Math.max(worst.keyBias, rates);
      else if (!(rates <= worst.rates)) Object.assign(worst, { rates, name });
    });
    checked += 1;
  }
  console.log(`${engine}, in learning rates: ${JSON.stringify(worst)}`);
  expect(checked).toBe([...recording.tensors.keys()].filter((key) => key.startsWith('train.param.')).length);
  expect(worst.rates).toBeLessThan(PARAMETER_BAR);
  expect(worst.keyBias).toBeLessThan(KEY_BIAS_BAR);
  optimizer.release();
  releaseModel(model);
});

test('the temperature stays at 100 or below, and only matrices decay', async () => {
  await startEngine('cpu');
  const parameters = new Map([
    ['logit_scale', new Parameter([])],
    ['gain', new Parameter([3])],
    ['matrix', new Parameter([2, 2])],
  ]);
  for (const parameter of parameters.values()) parameter.assign(tf.fill([...parameter.shape], 4.6));
  const optimizer = new AdamW(parameters, { ...OPTIONS, weightDecay: 0.5 });
  const gradients = new Map([
    ['logit_scale', tf.scalar(-1)],
    ['gain', tf.zeros([3])],
    ['matrix', tf.zeros([2, 2])],
  ]);
  optimizer.step(gradients, 0.1);
  expect(parameters.get('logit_scale')!.value.dataSync()[0]).toBeCloseTo(Math.log(100), 6);
  expect([...parameters.get('gain')!.value.dataSync()]).toEqual([...new Float32Array(3).fill(4.6)]);
  expect(parameters.get('matrix')!.value.dataSync()[3]).toBeCloseTo(4.6 * (1 - 0.1 * 0.5), 6);
});
