// clip-tfjs train: the contrastive training itself, from a model or from nothing.
import type { Command } from 'commander';
import { FROM_SCRATCH, RECIPES } from '../finetune/recipes.ts';
import { loadModel } from './options.ts';
import { runTraining } from './run-training.ts';
import { openSets } from './sets.ts';
import { type TrainingFlags, trainingOf, withTraining } from './training-options.ts';

interface Options extends TrainingFlags {
  fromScratch?: boolean;
  freeze?: string[];
}

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .summary('contrastive training, from a model or from nothing')
    .description(
      'Trains both towers, or what is not frozen, on pictures with captions or classes, and prints what the model can do before and after.',
    );
  withTraining(command)
    .option('--from-scratch', "the model's shape and vocabulary only: weights are drawn by --seed")
    .option(
      '--freeze <names>',
      "parameters that stay, * for any characters; may be repeated: 'visual.*' for locked-image tuning",
      (value: string, before: string[] = []) => [...before, value],
    )
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs train --data captions.csv --model ViT-B/32 --freeze 'visual.*' --out tuned
  clip-tfjs train --data shapes --from-scratch --out scratch`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const sets = await openSets(options);
  const loaded = await loadModel(options);
  const recipe = options.fromScratch ? FROM_SCRATCH : RECIPES.full;
  const training = await trainingOf(options, recipe, sets, loaded.model.config);
  if (options.fromScratch) {
    const { initialize } = await import('../train/initialize.ts');
    initialize(loaded.model, options.seed);
  }
  const method = options.fromScratch ? 'from-scratch' : 'full';
  await runTraining(
    sets,
    loaded,
    { ...training, freeze: options.freeze ?? [], method },
    options.json === true,
  );
}
