// What train and finetune share: the options of a training.
import type { Command } from 'commander';
import type { FinetuneOptions } from '../finetune/finetune.node.ts';
import type { LearningSets } from '../finetune/learning-sets.ts';
import { CLIP_NORM, type Recipe } from '../finetune/recipes.ts';
import type { CLIPConfig } from '../model/config.ts';
import { numberFrom, numberOver, wholeNumber } from './numbers.ts';
import { type ModelOptions, type PromptOptions, readTemplates, withModel, withTemplates } from './options.ts';
import { type SetOptions, withSets } from './sets.ts';
import { note } from './terminal.ts';

export interface TrainingFlags extends ModelOptions, PromptOptions, SetOptions {
  out: string;
  resume?: boolean;
  epochs?: number;
  steps?: number;
  batch?: number;
  learningRate?: number;
  warmup?: number;
  weightDecay?: number;
  clipNorm: number;
  parts: number;
  crop: number;
  flip: number;
  saveEvery: number;
  json?: boolean;
}

export function withTraining(command: Command): Command {
  withModel(withTemplates(withSets(command)));
  return command
    .requiredOption('--out <dir>', 'where checkpoints, metrics.jsonl, curves.png and the result are written')
    .option('--resume', 'go on with what is in --out')
    .option('--epochs <n>', 'how often every picture is seen', wholeNumber(1))
    .option('--steps <n>', 'steps of the training, instead of --epochs', wholeNumber(1))
    .option('--batch <n>', 'pictures a step (default: 32)', wholeNumber(1))
    .option(
      '--learning-rate <rate>',
      'the highest, after the warm-up (default: as the method and the width of the model have it)',
      numberOver(0),
    )
    .option('--warmup <steps>', 'steps in which the rate rises (default: a tenth)', wholeNumber(0))
    .option('--weight-decay <share>', 'taken off matrices at a rate of 1', numberFrom(0))
    .option('--clip-norm <n>', 'the longest gradient that is taken as it is', numberOver(0), CLIP_NORM)
    .option(
      '--parts <n>',
      'send a batch through the model in n pieces, for want of memory',
      wholeNumber(1),
      1,
    )
    .option(
      '--crop <share>',
      "the least of a picture's area that chance cuts out; 1: all of it",
      numberOver(0),
      0.9,
    )
    .option('--flip <chance>', 'how likely a picture is mirrored, 0…1', numberFrom(0), 0)
    .option('--seed <n>', 'of everything that is left to chance', wholeNumber(0), 0)
    .option('--save-every <steps>', 'steps between checkpoints: what a kill may cost', wholeNumber(1), 100)
    .option('--json', 'print JSON');
}

/** Options of the library from those of the command line. */
export async function trainingOf(
  flags: TrainingFlags,
  recipe: Recipe,
  { train }: LearningSets,
  config: CLIPConfig,
): Promise<Omit<FinetuneOptions, 'method'>> {
  const { BATCH, learningRateFor, stepsOf, warmupOf } = await import('../finetune/recipes.ts');
  const batch = flags.batch ?? Math.min(BATCH, train.count);
  if (flags.batch === undefined && batch < BATCH) {
    note(`only ${train.count} pictures: all of them are one batch`);
  }
  const steps = flags.steps ?? stepsOf(flags.epochs ?? recipe.epochs, train.count, batch);
  const { crop, flip, learningRate, weightDecay, warmup } = flags;
  return {
    out: flags.out,
    resume: flags.resume === true,
    freeze: recipe.freeze,
    learningRate: learningRate ?? learningRateFor(recipe, config),
    weightDecay: weightDecay ?? recipe.weightDecay,
    warmup: warmup ?? warmupOf(steps),
    steps,
    batch,
    clipNorm: flags.clipNorm,
    parts: flags.parts,
    ...((crop !== 1 || flip > 0) && { augmentation: { scale: [crop, 1], flip } }),
    templates: await readTemplates(flags),
    seed: flags.seed,
    saveEvery: flags.saveEvery,
  };
}
