// clip-tfjs probe: a logistic regression on the image encoder's features.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { FeatureSpace } from '../tasks/image-features.ts';
import {
  loadModel,
  type ModelOptions,
  type PromptOptions,
  readTemplates,
  wholeNumber,
  withModel,
  withTemplates,
} from './options.ts';
import { openSets, printScores, type SetOptions, withSets } from './sets.ts';
import { note, printJson, printLine, progressBars } from './terminal.ts';

interface Options extends ModelOptions, PromptOptions, SetOptions {
  features: FeatureSpace;
  out: string;
  json?: boolean;
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

async function run(options: Options): Promise<void> {
  const templates = await readTemplates(options);
  const { checkWritable } = await import('../disk.node.ts');
  const { probe } = await import('../finetune/probe.node.ts');
  const { saveHead } = await import('../checkpoint/head-file.node.ts');
  const { headFor } = await import('../tasks/linear-head.ts');
  const { stat } = await import('node:fs/promises');
  const sets = await openSets(options);
  await checkWritable(options.out, 'give another --out');
  const loaded = await loadModel(options);
  const bars = progressBars();
  try {
    const { features, seed } = options;
    const found = await probe(loaded, sets, {
      features,
      seed,
      templates,
      onProgress: bars.update,
      onNote: note,
    });
    bars.stop();
    const file = join(options.out, 'head.safetensors');
    await saveHead(file, await headFor(loaded, found.head));
    const { head, c, ...report } = found;
    const { size } = await stat(file);
    if (options.json) {
      printJson({
        method: 'probe',
        model: loaded.name,
        backend: loaded.backend,
        data: { train: sets.train.name, evaluation: sets.evaluation.name, zeroshot: sets.zeroshot.name },
        ...report,
        bytes: size,
        C: c,
        features,
        head: file,
      });
      return;
    }
    printScores(sets, report.before, report.after);
    printLine(
      `\nC ${c.toPrecision(3)}, ${report.count.train} pictures, ${report.seconds.toFixed(1)} s; ${file}`,
    );
  } finally {
    bars.stop();
  }
}
