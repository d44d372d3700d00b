// Trains a small CLIP from scratch on 8,000 of CIFAR-100's test pictures, and notes every step and how many of the other
// 2,000 it knows. Leaves in --work what scripts/train_cifar.py needs for the same training in PyTorch. Started by
// `npm run train:cifar`, which also runs that and draws both; docs/cifar.md has the numbers.
//
//   npm run train:cifar -- --data PATH    CIFAR-100 as it is downloaded, or its folder (default: ~/.cache)
//   npm run train:cifar -- --resume       goes on from the last checkpoint
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../src/backend/engines.node.ts';
import { CIFAR100_PLACE } from '../src/data/cifar.node.ts';
import { ClipError, whileReading } from '../src/errors.ts';
import { CLIP } from '../src/model/clip.ts';
import { LoadedModel } from '../src/tasks/loaded-model.ts';
import { classify, zeroShotHead } from '../src/tasks/zero-shot.ts';
import { resumeTraining, saveTraining, saveWeights } from '../src/train/checkpoint.node.ts';
import { initialize } from '../src/train/initialize.ts';
import { TrainingState, train } from '../src/train/loop.ts';
import { Progress } from '../src/train/progress.ts';
import { batchOf, openParts, pictureAt } from './cifar/data.ts';
import { addMetric, keepMetricsBefore } from './cifar/metrics.ts';
import * as recipe from './cifar/recipe.ts';

process.on('uncaughtException', (error) => {
  console.error(error instanceof ClipError ? error.message : error);
  process.exit(1);
});

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: CIFAR100_PLACE },
    resume: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'auto' },
    work: { type: 'string', default: 'weights/cifar-training' },
    until: { type: 'string', default: String(recipe.TRAINING.steps) }, // a step to stop at, for a trial
  },
});

const SAVE_EVERY = 200;
const { SEED, BATCH, EVALUATE_EVERY, TEMPLATES } = recipe;

const HINT = 'clip-tfjs download cifar100 fetches it; --data PATH says where it is';
const [pictures, held] = await whileReading(flags.data, HINT, () => openParts(flags.data));
const names = held.classes!.map(recipe.spoken);
const tokenizer = recipe.smallTokenizer(held.classes!);
const config = recipe.configFor(tokenizer);
const captions = names.map((name) =>
  tokenizer.tokenize(
    TEMPLATES.map((template) => template.replace('{}', name)),
    config.context_length,
  ),
);
const options = recipe.TRAINING;
const last = Number(flags.until);

mkdirSync(flags.work, { recursive: true });
const [checkpoint, metrics] = ['checkpoint.safetensors', 'metrics.jsonl'].map((file) =>
  join(flags.work, file),
);
const about = { seed: SEED, batch: BATCH, data: pictures.fingerprint };

const engine = await startEngine(flags.backend);
const model = new CLIP(config);
initialize(model, SEED);
const state = new TrainingState(model, options);
if (flags.resume) await resumeTraining(checkpoint!, state, about);
else {
  await saveWeights(join(flags.work, 'initial.safetensors'), model);
  const { AUGMENTATION: augmentation, HELD_OUT: heldOut } = recipe;
  const shared = { ...options, config, seed: SEED, batch: BATCH, evaluateEvery: EVALUATE_EVERY };
  const given = { ...shared, augmentation, heldOut, captions, data: resolve(flags.data) };
  writeFileSync(join(flags.work, 'recipe.json'), JSON.stringify(given, withPlainArrays));
}
keepMetricsBefore(metrics!, state.step);
console.error(
  `training on ${engine} from step ${state.step}: ${pictures.count} pictures, ${held.count} held out`,
);

const loaded = new LoadedModel('cifar', engine, model, tokenizer);
const progress = new Progress(options.steps, performance.now());
let [started, checksum] = [0, ''];

await train(
  state,
  (step) => {
    started = performance.now();
    const batch = batchOf(pictures, captions, BATCH, step);
    checksum = batch.checksum;
    return batch;
  },
  async (report) => {
    const { step, loss, accuracy: nearest } = report;
    const seconds = (performance.now() - started) / 1000;
    addMetric(metrics!, { step, loss, accuracy: nearest, batch: checksum, seconds });
    progress.pass(performance.now());
    const done = step + 1;
    if (done % 20 === 0) console.error(progress.line(report, process.memoryUsage.rss()));
    if (done % EVALUATE_EVERY === 0 || done === last) await evaluate(done);
    if (done % SAVE_EVERY === 0 || done === last) await saveTraining(checkpoint!, state, about);
  },
  last,
);

async function evaluate(step: number): Promise<void> {
  const head = await zeroShotHead(loaded, names); // a photo of a …
  const asked = Array.from({ length: held.count }, (_, index) => pictureAt(held, index));
  const answers = await classify(loaded, asked, head, 1);
  head.features.dispose();
  const right = answers.filter(([best], index) => best!.label === names[held.labels![index]!]).length;
  const top1 = right / held.count;
  addMetric(metrics!, { step, top1 });
  console.error(`step ${step}: ${(100 * top1).toFixed(1)}% of the held-out pictures`);
}

/** JSON's form of Int32Array is an object. */
function withPlainArrays(_: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value;
}
