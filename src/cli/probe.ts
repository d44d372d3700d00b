// clip-tfjs probe: a logistic regression on the image encoder's features.
import { type Command, Option } from 'commander';
import type { FeatureSpace } from '../tasks/image-features.ts';
import { type HeadFlags, runHead } from './head-report.ts';
import { wholeNumber } from './numbers.ts';
import { withModel, withTemplates } from './options.ts';
import { withSets } from './sets.ts';

interface Options extends HeadFlags {
  features: FeatureSpace;
}

export function registerProbe(program: Command): void {
  const command = program
    .command('probe')
    .summary('a linear classifier on the model’s features')
    .description(
      'Learns a logistic regression on the image encoder’s features, its regularisation chosen on a fifth of the pictures, and prints the accuracy before (class names alone) and after. The model stays as it is.',
    )
    .requiredOption('--out <dir>', 'where head.safetensors is written')
    .addOption(
      new Option('--features <where>', 'features before the last projection, or after it')
        .choices(['before', 'after'])
        .default('before'),
    )
    .option('--seed <n>', 'of the parts that are held out', wholeNumber(0), 0);
  withModel(withTemplates(withSets(command)))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs probe --data pictures/train --eval-data pictures/test --out probe
  clip-tfjs classify cat.jpg --head probe/head.safetensors`,
    )
    .action(run);
}

async function run({ features, ...options }: Options): Promise<void> {
  const { probe } = await import('../finetune/probe.node.ts');
  await runHead(options, 'probe', (loaded, sets, rest) => probe(loaded, sets, { ...rest, features }), {
    features,
  });
}
