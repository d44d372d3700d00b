import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { contrastiveLoss } from '../../src/model/loss.ts';
import { type Batch, lossAndGradients, trainableParameters } from '../../src/train/gradients.ts';
import { relativeError } from '../support.ts';
import { randomBatch, tinyModel, tinyResnet, trainingEngines } from './support.ts';

const BAR = 1e-4;

const architectures = { ViT: () => tinyModel(), ResNet: tinyResnet };
type Architecture = keyof typeof architectures;

/** A model on the engine that runs, and a batch for it. */
function start(architecture: Architecture): [CLIP, Batch] {
  const model = architectures[architecture]();
  return [model, randomBatch(1, 4, model.config.image_resolution)];
}

/** Gradients by name, on an engine. */
async function gradientsOn(engine: string, architecture: Architecture): Promise<Map<string, Float32Array>> {
  await startEngine(engine);
  const [model, batch] = start(architecture);
  const { loss, accuracy, gradients } = lossAndGradients(model, batch);
  const values = new Map(
    [...gradients].map(([name, value]) => [name, value.dataSync().slice() as Float32Array]),
  );
  tf.dispose([loss, accuracy, ...gradients.values(), batch.images, batch.tokens]);
  expect(values.size).toBe(trainableParameters(model).size);
  releaseModel(model);
  return values;
}

const others = (await trainingEngines()).filter((engine) => engine !== 'cpu');
const pairs = others.flatMap((engine) => [['ViT', engine] as const, ['ResNet', engine] as const]);

test.each(pairs)(
  'every parameter of a %s has a gradient, and those of %s are cpu’s',
  async (architecture, engine) => {
    const [onCpu, found] = [await gradientsOn('cpu', architecture), await gradientsOn(engine, architecture)];
    const most = (values: Float32Array) => values.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    const largest = Math.max(...[...onCpu.values()].map(most));
    for (const [name, reference] of onCpu) {
      // Some gradients are zero in exact arithmetic: those are measured by the model's largest.
      const scale = Math.max(most(reference), largest / 1000);
      const error = most(reference.map((x, i) => x - found.get(name)![i]!));
      // Or the bar below says nothing. What moves every key alike moves no attention.
      if (!name.endsWith('k_proj.bias')) expect(most(reference), name).toBeGreaterThan(largest / 10_000);
      expect(error / scale, name).toBeLessThan(BAR);
    }
  },
);

test.each(['ViT', 'ResNet'] as const)('a gradient of a %s is the slope of the loss', async (architecture) => {
  await startEngine('cpu');
  const [model, batch] = start(architecture);
  const { loss, gradients } = lossAndGradients(model, batch);
  const lossNow = () => tf.tidy(() => contrastiveLoss(model.call(batch.images, batch.tokens)).dataSync()[0]!);
  expect(loss.dataSync()[0]).toBeCloseTo(lossNow(), 6);
  for (const name of [
    'visual.conv1.weight',
    'token_embedding.weight',
    'positional_embedding',
    'logit_scale',
  ]) {
    const { value } = new Map(model.namedParameters()).get(name)!;
    const gradient = gradients.get(name)!;
    const length = tf.norm(gradient).dataSync()[0]!;
    const start = value.clone();
    const along = (distance: number) => {
      tf.tidy(() => value.assign(tf.add(start, tf.mul(gradient, distance / length))));
      return lossNow();
    };
    const slope = (along(0.003) - along(-0.003)) / 0.006;
    expect(Math.abs(slope / length - 1), name).toBeLessThan(0.01);
    value.assign(start);
  }
  releaseModel(model);
});

test('the wasm scatter adds rows of one segment, and drops rows of none', async () => {
  const scatter = () =>
    tf.unsortedSegmentSum(
      tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]),
      tf.tensor1d([2, 0, 2, 0], 'int32'),
      4,
    );
  await startEngine('cpu');
  const expected = scatter().arraySync();
  await startEngine('wasm');
  expect(scatter().arraySync()).toEqual(expected);
  expect(expected).toEqual([
    [10, 12],
    [0, 0],
    [6, 8],
    [0, 0],
  ]);
  expect(relativeError(scatter(), scatter())).toBe(0);
});
