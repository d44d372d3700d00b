import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { clipGradients, gradientNorm } from '../../src/train/clip-gradients.ts';
import { Divergence } from '../../src/train/divergence.ts';
import { TEXT_TOWER, withoutFrozen } from '../../src/train/freeze.ts';
import { trainableParameters } from '../../src/train/gradients.ts';
import { TrainingState, train } from '../../src/train/loop.ts';
import { OPTIONS, randomBatch, tinyModel, weightsOf } from './support.ts';

beforeAll(() => startEngine('cpu'));

function poison(model: CLIP, name: string): void {
  const parameter = new Map(model.namedParameters()).get(name)!;
  tf.tidy(() => parameter.assign(tf.fill([...parameter.shape], Number.NaN)));
}

test('a NaN is traced to the parameter', async () => {
  const model = tinyModel();
  const state = new TrainingState(model, OPTIONS);
  const spoil = ({ step }: { step: number }) => {
    if (step === 1) poison(model, 'transformer.resblocks.0.mlp.c_fc.bias');
  };
  await expect(train(state, randomBatch, spoil)).rejects.toThrow(
    /loss of step 2 is NaN, and the first .* is the parameter transformer.resblocks.0.mlp.c_fc.bias/,
  );
  expect(state.step).toBe(2);
  state.release();
  releaseModel(model);
});

test('an overflow is traced to the layer and to the gradient it spoils', async () => {
  const model = tinyModel();
  const name = 'visual.transformer.resblocks.0.mlp.c_proj.weight';
  const parameter = new Map(model.namedParameters()).get(name)!;
  tf.tidy(() => parameter.assign(tf.fill([...parameter.shape], 3e38)));
  const state = new TrainingState(model, OPTIONS);
  const weights = weightsOf(model);
  await expect(train(state, randomBatch)).rejects.toThrow(
    /is the layer visual\.transformer\.resblocks\.0\.mlp\.c_proj, and the gradient of /,
  );
  expect(weightsOf(model)).toEqual(weights);
  state.release();
  releaseModel(model);
});

test('losses that run away stop a training, losses that wander do not', () => {
  const watch = new Divergence();
  for (let step = 0; step < 60; step++) watch.see(2 + 0.4 * (step % 2), step, 1, 4);
  expect(() => {
    for (let step = 60; step < 90; step++) watch.see(3.5, step, 1, 4);
  }).toThrow(
    /diverges at step \d+: expected a loss no higher than at the start, 2.20 on average.*tenth of the learn/,
  );
});

test('a model that says the same of everything has collapsed; one that passes by chance has not', () => {
  const watch = new Divergence();
  for (let step = 0; step < 100; step++) watch.see(Math.log(32) + (step % 19 === 0 ? 0.01 : 0), step, 1, 32);
  expect(() => {
    for (let step = 0; step < 30; step++) watch.see(Math.log(32), step, 1, 32);
  }).toThrow(/collapsed at step \d+: expected losses other than chance, ln 32.*tenth of the learning rate/);
});

test('gradients together longer than allowed are shortened to it, as PyTorch does', () => {
  const make = () =>
    new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([3, 0])],
      ['b', tf.tensor2d([[0], [4]])],
    ]);
  const gradients = make();
  expect(gradientNorm(gradients).dataSync()[0]).toBeCloseTo(5, 6);
  clipGradients(gradients, 5, 1);
  expect([...gradients.get('b')!.dataSync()]).toEqual([0, Math.fround(4 * Math.fround(1 / (5 + 1e-6)))]);
  const short = make();
  clipGradients(short, 5, 6);
  expect([...short.get('a')!.dataSync()]).toEqual([3, 0]);
});

test('frozen parameters stay, by name patterns; the others move', async () => {
  const model = tinyModel();
  const trained = withoutFrozen(trainableParameters(model), [...TEXT_TOWER, 'visual.ln_*', 'logit_scale']);
  expect([...trained.keys()].every((name) => /^visual\.(?!ln_)/.test(name))).toBe(true);
  const before = weightsOf(model);
  const state = new TrainingState(model, { ...OPTIONS, steps: 2, warmup: 0 }, trained);
  await train(state, randomBatch);
  for (const [name, values] of weightsOf(model)) {
    if (trained.has(name)) expect(values, name).not.toEqual(before.get(name));
    else expect(values, name).toEqual(before.get(name));
  }
  state.release();
  releaseModel(model);
});

test('patterns that match nothing, or everything, are refused', () => {
  const model = tinyModel();
  const parameters = trainableParameters(model);
  expect(() => withoutFrozen(parameters, ['visual.layer1.*'])).toThrow(
    /no parameter is called visual.layer1/,
  );
  expect(() => withoutFrozen(parameters, ['visual'])).toThrow(/no parameter is called visual/);
  expect(() => withoutFrozen(parameters, ['*'])).toThrow(/everything is frozen/);
  expect(() => withoutFrozen(parameters, [`${'*e'.repeat(40)}*x`])).toThrow(/no parameter is called/); // at once
  const frozen = (pattern: string) => parameters.size - withoutFrozen(parameters, [pattern]).size;
  expect(frozen('ln_final.*')).toBe(2);
  expect(frozen('visual*blocks*mlp*bias')).toBe(2);
  expect(frozen('logit_scale')).toBe(1);
  releaseModel(model);
});
