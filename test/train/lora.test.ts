import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { adapterMetadata, withAdapter } from '../../src/checkpoint/adapter.ts';
import type { ClipCheckpoint } from '../../src/checkpoint/clip-checkpoint.ts';
import { modelFingerprint } from '../../src/checkpoint/fingerprint.ts';
import { loadStateDict, releaseModel } from '../../src/checkpoint/state-dict.ts';
import { type Checkpoint, StoredTensor } from '../../src/checkpoint/stored-tensor.ts';
import { CLIP } from '../../src/model/clip.ts';
import type { Parameter } from '../../src/model/module.ts';
import { lossAndGradients } from '../../src/train/gradients.ts';
import { TrainingState, train } from '../../src/train/loop.ts';
import { Lora } from '../../src/train/lora.ts';
import { OPTIONS, randomBatch, TINY, tinyModel, tinyResnet, weightsOf } from './support.ts';

beforeAll(() => startEngine('cpu'));

const SETTINGS = { rank: 2, alpha: 3, dropout: 0 };

/** Parameters as a file would hold them. */
function stored(parameters: Iterable<[string, Parameter]>): Map<string, StoredTensor> {
  return new Map(
    [...parameters].map(([name, parameter]) => {
      const values = parameter.read().dataSync() as Float32Array;
      const bytes = new Uint8Array(values.slice().buffer);
      return [name, new StoredTensor(name, 'F32', parameter.shape, async () => bytes)];
    }),
  );
}

function checkpointOf(model: CLIP): ClipCheckpoint {
  const tensors = stored(model.namedParameters());
  return {
    format: 'safetensors',
    tensors,
    metadata: new Map(),
    scheme: 'openai',
    config: model.config,
    notes: [],
  };
}

async function adapterOf(model: CLIP, lora: Lora): Promise<Checkpoint> {
  const fingerprint = await modelFingerprint(model);
  return {
    format: 'safetensors',
    tensors: stored(lora.parameters),
    metadata: adapterMetadata(lora.settings, { config: model.config, fingerprint }),
  };
}

function logitsOf(model: CLIP): Float32Array {
  return tf.tidy(() => {
    const { images, tokens } = randomBatch(9);
    return model.call(images, tokens).logits_per_image.dataSync() as Float32Array;
  });
}

test('an adapter starts as nothing, is all that is trained, and merged gives what it gave beside the weights', async () => {
  const model = tinyModel();
  const before = logitsOf(model);
  const lora = new Lora(model, SETTINGS, 1);
  expect(logitsOf(model)).toEqual(before);
  expect([...lora.parameters].slice(0, 2).map(([name, { shape }]) => [name, shape])).toEqual([
    ['visual.transformer.resblocks.0.attn.q_proj.lora_A.weight', [2, 64]],
    ['visual.transformer.resblocks.0.attn.q_proj.lora_B.weight', [64, 2]],
  ]);
  expect(lora.parameters.size).toBe(2 * 2 * 3);

  const weights = weightsOf(model);
  const state = new TrainingState(model, { ...OPTIONS, steps: 6, warmup: 1, learningRate: 0.02 }, lora);
  await train(state, randomBatch);
  expect(weightsOf(model)).toEqual(weights);
  const trained = logitsOf(model);
  expect(Math.max(...trained.map((x, i) => Math.abs(x - before[i]!)))).toBeGreaterThan(0.05);

  const merged = await withAdapter(checkpointOf(model), await adapterOf(model, lora), 'adapter');
  expect(merged.notes).toEqual([]);
  const other = new CLIP(TINY);
  await loadStateDict(other, merged);
  expect(Math.max(...logitsOf(other).map((x, i) => Math.abs(x - trained[i]!)))).toBeLessThan(1e-5);

  lora.release();
  expect(logitsOf(model)).toEqual(before);
  state.release();
  for (const one of [model, other]) releaseModel(one);
});

test("a ResNet's attention pool is adapted too", () => {
  const model = tinyResnet();
  const lora = new Lora(model, SETTINGS, 1);
  const names = [...lora.parameters.keys()].filter((name) => name.startsWith('visual.'));
  expect(names.filter((name) => name.endsWith('lora_A.weight'))).toEqual(
    ['k', 'q', 'v'].map((letter) => `visual.attnpool.${letter}_proj.lora_A.weight`),
  );
  const batch = randomBatch(1, 3, 64);
  const { loss, accuracy, gradients } = lossAndGradients(model, batch, lora.parameters);
  // A's gradient is zero while B is; B's is not.
  expect(
    tf.max(tf.abs(gradients.get('visual.attnpool.v_proj.lora_B.weight')!)).dataSync()[0],
  ).toBeGreaterThan(0);
  tf.dispose([loss, accuracy, ...gradients.values(), batch.images, batch.tokens]);
  lora.release();
  releaseModel(model);
});

test('dropout: the same step drops the same, another step another, and none when training is over', () => {
  const model = tinyModel();
  const lora = new Lora(model, { ...SETTINGS, dropout: 0.25 }, 1);
  for (const [name, parameter] of lora.parameters) {
    if (name.includes('lora_B')) tf.tidy(() => parameter.assign(tf.fill([...parameter.shape], 0.3)));
  }
  const [whole] = [logitsOf(model)];
  const of = (step: number, part?: number) => {
    lora.begin(step, part);
    return logitsOf(model);
  };
  const first = of(1);
  expect(first).not.toEqual(whole);
  expect(of(1)).toEqual(first);
  expect(of(2)).not.toEqual(first);
  expect(of(1, 1)).not.toEqual(first);
  lora.end();
  expect(logitsOf(model)).toEqual(whole);
  lora.release();
  releaseModel(model);
});

test('what does not fit is refused: no adapter, another shape, a stranger; other weights are a note', async () => {
  const model = tinyModel();
  const lora = new Lora(model, SETTINGS, 1);
  const adapter = await adapterOf(model, lora);
  const clip = checkpointOf(model);
  await expect(withAdapter(clip, clip, 'model')).rejects.toThrow(/model is no adapter: expected a file that/);
  const wider = { ...adapter, metadata: new Map([['lora', '{"rank":4,"alpha":1}']]) };
  await expect(withAdapter(clip, wider, 'a')).rejects.toThrow(
    /a does not fit the model: expected .*q_proj.lora_A.weight \[4,64\], got \[2,64\]/,
  );
  const broken = { ...adapter, metadata: new Map([['lora', '{"rank":4}']]) };
  await expect(withAdapter(clip, broken, 'a')).rejects.toThrow(/expected rank and alpha/);
  const stranger = {
    ...adapter,
    tensors: new Map([...adapter.tensors, ['x', adapter.tensors.values().next().value!]]),
  };
  await expect(withAdapter(clip, stranger, 'a')).rejects.toThrow(/expected no tensor x/);
  const other = tinyModel(2);
  expect((await withAdapter(checkpointOf(other), adapter, 'a')).notes.join()).toMatch(
    /trained on other weights/,
  );
  lora.release();
  for (const one of [model, other]) releaseModel(one);
});

test.each([
  [{ rank: 0 }, /LoRA's rank: expected a whole number from 1, got 0/],
  [{ alpha: 0 }, /LoRA's alpha/],
  [{ dropout: 1 }, /LoRA's dropout: expected 0 or more, below 1/],
])('settings that cannot be: %o', (changed, message) => {
  const model = tinyModel();
  expect(() => new Lora(model, { ...SETTINGS, ...changed }, 1)).toThrow(message);
  releaseModel(model);
});
