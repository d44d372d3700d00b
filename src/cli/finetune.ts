// clip-tfjs finetune: a better model, adapter or head for pictures of one's own.
import { type Command, Option } from 'commander';
import { LORA, METHODS, type Method, RECIPES } from '../finetune/recipes.ts';
import { runHead } from './head-report.ts';
import { numberFrom, shareBelowOne, wholeNumber } from './numbers.ts';
import { loadModel } from './options.ts';
import { runTraining } from './run-training.ts';
import { openSets } from './sets.ts';
import { UsageError } from './terminal.ts';
import { type TrainingFlags, trainingOf, withTraining } from './training-options.ts';

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
    .option('--rank <n>', "lora: the adapter's inner width", wholeNumber(1), LORA.rank)
    .option('--alpha <n>', 'lora: the adapter counts alpha / rank times', numberFrom(0), LORA.alpha)
    .option(
      '--dropout <share>',
      "lora: of the adapter's input, left out by chance",
      shareBelowOne,
      LORA.dropout,
    )
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
  if (method === 'head') {
    refuseTraining(options);
    const { finetuneHead } = await import('../finetune/head.node.ts');
    return runHead(options, method, finetuneHead);
  }
  const sets = await openSets(options);
  const loaded = await loadModel(options);
  const training = await trainingOf(options, RECIPES[method], sets, loaded.model.config);
  const lora = method === 'lora' ? { lora: { rank, alpha, dropout } } : {};
  await runTraining(sets, loaded, { ...training, ...lora, method }, options.json === true);
}

/** A head is a regression: an option of a training would be without effect. */
function refuseTraining(options: Options): void {
  const given = (
    ['resume', 'epochs', 'steps', 'batch', 'learningRate', 'warmup', 'weightDecay'] as const
  ).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--method head is a regression, done in seconds: it takes no --${option}`);
}
