// Trains the embedded model from scratch on Shapes-100 and writes weights/mini:
//
//   npm run train:mini                 about three quarters of an hour on two cores
//   npm run train:mini -- --resume     goes on from the last checkpoint
//
// The second model, which judges the pictures that `generate` makes with the first (fewer layers, other
// weights to begin with, other pictures): about a quarter of an hour.
//
//   npm run train:mini -- --seed 2 --layers 3 --steps 5000 --plain --out weights/judge --work weights/judge-training
//
// Trials of other recipes: --steps, --learning-rate, --decay, --batch, --patch, --width, --layers, and --without N,
// which leaves out N training combinations, to choose by; test pictures are drawn only when the training is over.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../src/backend/engines.node.ts';
import { SEEN_LABELS } from '../src/data/shapes/classes.ts';
import { shapesValidation } from '../src/data/shapes/shapes.ts';
import { ClipError } from '../src/errors.ts';
import { CLIP } from '../src/model/clip.ts';
import { LoadedModel } from '../src/tasks/loaded-model.ts';
import { resumeTraining, saveTraining } from '../src/train/checkpoint.node.ts';
import { initialize } from '../src/train/initialize.ts';
import { type StepReport, TrainingState, train } from '../src/train/loop.ts';
import { Progress } from '../src/train/progress.ts';
import { accuracy, predict } from './mini/evaluate.ts';
import { publish } from './mini/publish.ts';
import { BATCH, CONFIG, SEED, shapesBatches, TRAINING, tokenizer } from './mini/recipe.ts';

process.on('uncaughtException', (error) => {
  console.error(error instanceof ClipError ? error.message : error);
  process.exit(1);
});

const { values: flags } = parseArgs({
  options: {
    resume: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'auto' },
    out: { type: 'string', default: 'weights/mini' },
    work: { type: 'string', default: 'weights/mini-training' }, // checkpoints and metrics; not for publishing
    steps: { type: 'string', default: String(TRAINING.steps) },
    seed: { type: 'string', default: String(SEED) },
    batch: { type: 'string', default: String(BATCH) },
    'learning-rate': { type: 'string', default: String(TRAINING.learningRate) },
    decay: { type: 'string', default: String(TRAINING.weightDecay) },
    patch: { type: 'string', default: String(CONFIG.vision_patch_size) },
    width: { type: 'string', default: String(CONFIG.vision_width) },
    layers: { type: 'string', default: String(CONFIG.vision_layers) },
    plain: { type: 'boolean', default: false }, // captions that name the class alone
    without: { type: 'string', default: '0' },
  },
});

const SAVE_EVERY = 250; // steps
const VALIDATE_EVERY = 500;
const NOTE_EVERY = 10;

const seed = Number(flags.seed);
const batch = Number(flags.batch);
const width = Number(flags.width);
const options = {
  ...TRAINING,
  steps: Number(flags.steps),
  learningRate: Number(flags['learning-rate']),
  weightDecay: Number(flags.decay),
};
const config = {
  ...CONFIG,
  vision_width: width,
  vision_heads: width / 64,
  vision_mlp_width: width * 4,
  vision_patch_size: Number(flags.patch),
  vision_layers: Number(flags.layers),
};
// Spread over colours and shapes: every eleventh label is another of both.
const without = new Set(SEEN_LABELS.filter((label) => label % 11 === 3).slice(0, Number(flags.without)));

mkdirSync(flags.work, { recursive: true });
const checkpoint = join(flags.work, 'checkpoint.safetensors');
const metrics = join(flags.work, 'metrics.jsonl');
const about = { seed, batch, without: [...without], plain: flags.plain };

const engine = await startEngine(flags.backend);
console.error(`training on ${engine}`);
const model = new CLIP(config);
initialize(model, seed);
const loaded = new LoadedModel(basename(flags.out), engine, model, tokenizer);
const state = new TrainingState(model, options);
if (flags.resume && existsSync(checkpoint)) {
  await resumeTraining(checkpoint, state, about);
  console.error(`resumed at step ${state.step}`);
}
keepMetricsBefore(state.step);

const validation = shapesValidation();
const progress = new Progress(options.steps, performance.now());
let sum = { loss: 0, accuracy: 0 };
let noted = performance.now();

await train(state, shapesBatches(config, batch, without, seed, flags.plain), async (report) => {
  progress.pass(performance.now());
  const done = report.step + 1;
  sum = { loss: sum.loss + report.loss, accuracy: sum.accuracy + report.accuracy };
  if (done % NOTE_EVERY === 0) {
    note(report);
    sum = { loss: 0, accuracy: 0 };
  }
  show(report, done);
  if (done % VALIDATE_EVERY === 0 || done === options.steps) await validate(done);
  if (done % SAVE_EVERY === 0 || done === options.steps) await saveTraining(checkpoint, state, about);
});
await publish(loaded, flags.out, { options, seed, batch, metrics: readFileSync(metrics, 'utf8') });

/** The mean of the last steps, as a line of metrics.jsonl. */
function note(report: StepReport): void {
  write({
    step: report.step + 1,
    loss: sum.loss / NOTE_EVERY,
    accuracy: sum.accuracy / NOTE_EVERY,
    learningRate: report.learningRate,
    seconds: (performance.now() - noted) / 1000,
  });
  noted = performance.now();
}

async function validate(step: number): Promise<void> {
  const predictions = await predict(loaded, validation);
  const result = {
    step,
    validation: accuracy(validation.fineLabels, predictions, (label) => !without.has(label)),
    ...(without.size > 0 && {
      unseen: accuracy(validation.fineLabels, predictions, (label) => without.has(label)),
    }),
    scale: Math.exp(model.logit_scale.value.dataSync()[0]!),
  };
  write(result);
  console.error(`\n${JSON.stringify(result)}`);
}

function write(values: object): void {
  const rounded = JSON.stringify(values, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(6)) : value,
  );
  appendFileSync(metrics, `${rounded}\n`);
}

/** What was noted after the checkpoint was written will be noted again. */
function keepMetricsBefore(step: number): void {
  const lines = existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').filter(Boolean) : [];
  const kept = lines.filter((line) => (JSON.parse(line) as { step: number }).step <= step);
  writeFileSync(metrics, kept.map((line) => `${line}\n`).join(''));
}

/** One line that is written over on a terminal; elsewhere one every hundred steps. */
function show(report: StepReport, done: number): void {
  if (!process.stderr.isTTY && done % 100 !== 0) return;
  const line = progress.line(report, process.memoryUsage.rss());
  process.stderr.write(process.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
}
