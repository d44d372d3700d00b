import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { resumeTraining, saveTraining } from '../../src/train/checkpoint.node.ts';
import { TrainingState, train } from '../../src/train/loop.ts';
import { Lora } from '../../src/train/lora.ts';
import { OPTIONS, randomBatch, tinyModel, trainingEngines, weightsOf } from './support.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-training-'));
  path = join(folder, 'training.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

const about = { seed: 1 };

test.each(await trainingEngines())(
  'stopped and resumed is bit for bit the undisturbed training, on %s',
  async (engine) => {
    await startEngine(engine);
    const options = { ...OPTIONS, steps: 6, warmup: 2 };
    const undisturbed = new TrainingState(tinyModel(), options);
    const losses: number[] = [];
    await train(undisturbed, randomBatch, ({ loss }) => void losses.push(loss));

    const stopped = new TrainingState(tinyModel(), options);
    await train(stopped, randomBatch, undefined, 3);
    await saveTraining(path, stopped, about);
    stopped.release();
    releaseModel(stopped.model);

    const resumed = new TrainingState(tinyModel(2), options); // other weights, which the file replaces
    await resumeTraining(path, resumed, about);
    expect(resumed.step).toBe(3);
    const after: number[] = [];
    await train(resumed, randomBatch, ({ loss }) => void after.push(loss));
    expect(after).toEqual(losses.slice(3));
    expect(weightsOf(resumed.model)).toEqual(weightsOf(undisturbed.model));
    expect(await readdir(folder)).toEqual(['training.safetensors']);
  },
);

test('an adapter with dropout, clipped and in parts, goes on as if it had not stopped', async () => {
  await startEngine('cpu');
  const options = { ...OPTIONS, steps: 8, warmup: 2, learningRate: 0.05, clipNorm: 0.1, parts: 2 };
  const begin = (seed: number) => {
    const model = tinyModel();
    return new TrainingState(model, options, new Lora(model, { rank: 2, alpha: 1, dropout: 0.25 }, seed));
  };
  const adapterOf = (state: TrainingState) =>
    [...state.parameters].map(([name, { value }]) => [name, value.dataSync()]);
  const undisturbed = begin(1);
  const losses: number[] = [];
  await train(undisturbed, randomBatch, ({ loss }) => void losses.push(loss));

  const stopped = begin(1);
  await train(stopped, randomBatch, undefined, 3);
  await saveTraining(path, stopped, about);
  const resumed = begin(1);
  await resumeTraining(path, resumed, about);
  expect(resumed.divergence).toEqual(stopped.divergence);
  const after: number[] = [];
  await train(resumed, randomBatch, ({ loss }) => void after.push(loss));
  expect(after).toEqual(losses.slice(3));
  expect(adapterOf(resumed)).toEqual(adapterOf(undisturbed));
});

test('a resume with other options is refused with the difference, and changes nothing', async () => {
  await startEngine('cpu');
  const state = new TrainingState(tinyModel(), OPTIONS);
  await saveTraining(path, state, about);
  const other = new TrainingState(tinyModel(2), { ...OPTIONS, learningRate: 0.5 });
  const before = weightsOf(other.model);
  await expect(resumeTraining(path, other, about)).rejects.toThrow(
    /was trained in another way: expected learningRate 0.001, got 0.5/,
  );
  await expect(resumeTraining(path, state, { seed: 2 })).rejects.toThrow(/expected seed 1, got 2/);
  expect(weightsOf(other.model)).toEqual(before);
});
