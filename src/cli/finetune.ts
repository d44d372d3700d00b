// clip-tfjs finetune: a better model, adapter or head for pictures of one's own.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FinetuneReport } from '../finetune/finetune.node.ts';
import { METHODS, type Method, RECIPES } from '../finetune/recipes.ts';
import { loadModel, wholeNumber } from './options.ts';
import { openSets, printScores, type Sets } from './sets.ts';
import { note, printJson, printLine, progressBars } from './terminal.ts';
import { stoppable, type TrainingFlags, trainingOf, withTraining } from './training-options.ts';
import { trainingLine } from './training-progress.ts';

interface Options extends TrainingFlags {
  method: Method;
  rank: number;
  alpha: number;
  dropout: number;
}

export function registerFinetune(program: Command): void {
  const command = program
    .command('finetune')
    .summary('a better model for pictures of your own')
    .description(
      'Trains a model, an adapter or a head on pictures of your own, and prints what the model could do with them before and after, and what it forgot.',
    );
  withTraining(command)
    .addOption(
      new Option(
        '--method <name>',
        'full: every weight; lora: a small adapter beside them; head: a classifier on features that stay; text-only, image-only: one tower',
      )
        .choices(METHODS)
        .default('lora'),
    )
    .option('--rank <n>', "lora: the adapter's inner width", wholeNumber(1), 2)
    .option('--alpha <n>', 'lora: the adapter counts alpha / rank times', share(0, Number.MAX_VALUE), 1)
    .option('--dropout <share>', "lora: of the adapter's input, left out by chance", share(0, 1), 0.25)
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs finetune --data pictures/train --eval-data pictures/test --out tuned
  clip-tfjs classify cat.jpg --labels cat,dog --adapter tuned/adapter.safetensors
  clip-tfjs finetune --data pictures --method full --learning-rate 1e-5 --model ViT-B/32 --out tuned`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { method, rank, alpha, dropout } = options;
  const sets = await openSets(options);
  if (method === 'head') throw new Error('not yet');
  const training = await trainingOf(options, RECIPES[method], sets);
  const lora = method === 'lora' ? { lora: { rank, alpha, dropout } } : {};
  await runTraining(options, sets, { ...training, ...lora, method });
}

/** Loads the model, trains it, and prints what came of it. */
export async function runTraining(
  options: TrainingFlags,
  sets: Sets,
  training: Awaited<ReturnType<typeof trainingOf>> & { method: string; fromScratch?: boolean },
): Promise<void> {
  const { finetune } = await import('../finetune/finetune.node.ts');
  const loaded = await loadModel(options);
  if (training.fromScratch) {
    const { initialize } = await import('../train/initialize.ts');
    initialize(loaded.model, training.seed);
  }
  const bars = progressBars();
  const line = await trainingLine(training.steps);
  const report = await stoppable((signal) =>
    finetune(loaded, sets, {
      ...training,
      signal,
      onProgress: (what, done, total) => {
        line.stop();
        bars.update(what, done, total);
      },
      onStep: (step) => {
        bars.stop();
        line.step(step);
      },
      onNote: line.note,
    }),
  ).finally(() => {
    bars.stop();
    line.stop();
  });
  if (!report) return;
  const { name, backend } = loaded;
  const data = { train: sets.train.name, evaluation: sets.evaluation.name, zeroshot: sets.zeroshot.name };
  if (options.json) printJson({ ...report, model: name, backend, data });
  else printReport(sets, report);
}

function printReport(
  sets: Sets,
  { before, after, measure, seconds, file, bytes, steps, broken, cut }: FinetuneReport,
): void {
  printScores(sets, before, after);
  if (measure === 'recall1') note('target: the share of pictures whose own caption is the nearest of all');
  printLine(`\n${steps} steps in ${seconds.toFixed(1)} s; ${file}, ${(bytes / 1e6).toFixed(2)} MB`);
  if (broken > 0) printLine(`${broken} pictures could not be read and were passed over`);
  if (cut > 0) printLine(`${cut} captions were cut to the context length`);
  if (after.target < before.target) {
    note('it got worse: try a tenth of the learning rate, fewer epochs, or another --method');
  }
}

function share(least: number, below: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && number >= least && number < below) return number;
    throw new InvalidArgumentError(
      `expected a number, ${least} or more${below <= 1 ? `, below ${below}` : ''}.`,
    );
  };
}
