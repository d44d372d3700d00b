// clip-tfjs probe: a logistic regression on the image encoder's features.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { Scores } from '../finetune/zero-shot-scores.node.ts';
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
import { note, printJson, printLine, progressBars } from './terminal.ts';

interface Options extends ModelOptions, PromptOptions {
  data: string;
  evalData?: string;
  zeroshot: string;
  features: FeatureSpace;
  out: string;
  seed: number;
  json?: boolean;
}

/** Of --data, what is judged on where there is no --eval-data. */
const HELD_OUT = 0.2;

export function registerProbe(program: Command): void {
  const command = program
    .command('probe')
    .summary('a linear classifier on the model’s features')
    .description(
      'Learns a logistic regression on the image encoder’s features, its regularisation chosen on a fifth of the pictures, and prints the accuracy before (class names alone) and after. The model stays as it is.',
    )
    .requiredOption(
      '--data <spec>',
      'what to learn from: a folder by class, a table, shapes, cifar100, a path to CIFAR-100',
    )
    .option('--eval-data <spec>', 'what to judge on (default: a fifth of --data, held out)')
    .requiredOption('--out <dir>', 'where head.safetensors is written')
    .addOption(
      new Option('--features <where>', 'features before the last projection, or after it')
        .choices(['before', 'after'])
        .default('before'),
    )
    .option('--zeroshot <spec>', 'what else the model is measured on', 'shapes')
    .option('--seed <n>', 'of the parts that are held out', wholeNumber(0), 0);
  withModel(withTemplates(command))
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

async function openSets({ data, evalData, zeroshot, seed }: Options) {
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { splitSet } = await import('../data/sets/order.ts');
  const whole = await openPictureSet(data, 'train');
  const others = await openPictureSet(zeroshot, 'test');
  if (evalData !== undefined) {
    return { train: whole, evaluation: await openPictureSet(evalData, 'test'), zeroshot: others };
  }
  const [train, evaluation] = splitSet(whole, HELD_OUT, seed);
  note(`no --eval-data: ${evaluation.count} of the ${whole.count} pictures are held out to judge on`);
  return { train, evaluation, zeroshot: others };
}

/** Accuracies before and after, a row a set. */
export function printScores(
  { evaluation, zeroshot }: { evaluation: PictureSet; zeroshot: PictureSet },
  before: Scores,
  after: Scores,
): void {
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`.padStart(9);
  const names = [`target: ${evaluation.name}`, `zero-shot: ${zeroshot.name}`];
  const width = Math.max(...names.map((name) => name.length));
  printLine(`${''.padEnd(width)}   before     after`);
  printLine(`${names[0]!.padEnd(width)}${percent(before.target)} ${percent(after.target)}`);
  printLine(`${names[1]!.padEnd(width)}${percent(before.zeroshot)} ${percent(after.zeroshot)}`);
}
