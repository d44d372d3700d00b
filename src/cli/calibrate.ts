// clip-tfjs calibrate: learns from pictures with known labels at which cosine a label is true, for classify --multi.
import type { Command } from 'commander';
import type { MultiLabelQuality } from '../tasks/labels/quality.ts';
import {
  loadModel,
  type ModelOptions,
  makeHead,
  type PromptOptions,
  readLines,
  readPrompts,
  withModel,
  withPrompts,
} from './options.ts';
import { note, percent, printJson, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends ModelOptions, PromptOptions {
  data: string;
  evalData: string;
  labels?: string;
  labelsFile?: string;
  out: string;
  json?: boolean;
}

export function registerCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .summary('at which cosine a label is true, for classify --multi')
    .description(
      'Fits, for each label by itself, a logistic function of its cosine with a picture (Platt 1999), and writes it as a head for classify --multi. A label is true of a picture whose class, else one of whose captions, has the label’s words in a row.',
    )
    .option(
      '--data <spec>',
      'what to learn from: the training split of a set, a folder by class, a table',
      'shapes',
    )
    .option('--eval-data <spec>', 'what to judge on: the test split of a set', 'shapes')
    .option('--labels <a,b,c>', 'the labels, between commas')
    .option('--labels-file <file>', 'the labels, one a line')
    .requiredOption('--out <file>', 'where to: a .safetensors file');
  withModel(withPrompts(command))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs calibrate --labels red,green,blue,circle,square,star --out labels.safetensors
  clip-tfjs classify shape.png --multi --head labels.safetensors`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { labels: list, labelsFile, out, data, evalData, json } = options;
  if ((list === undefined) === (labelsFile === undefined)) {
    throw new UsageError('expected --labels or --labels-file, one of the two');
  }
  if (!/\.safetensors$/i.test(out)) {
    throw new UsageError(`--out: expected a name that ends in .safetensors, got ${out}`);
  }
  const labels = list?.split(',').map((label) => label.trim()) ?? (await readLines(labelsFile!));
  const prompts = await readPrompts(labels, options);
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { refuseExisting } = await import('../disk.node.ts');
  refuseExisting(out);
  const [train, evaluation] = [await openPictureSet(data, 'train'), await openPictureSet(evalData, 'test')];
  const loaded = await loadModel(options);
  const { saveHead } = await import('../checkpoint/head-file.node.ts');
  const { calibrateHead, knownLabels, measureCalibration } = await import(
    '../tasks/labels/calibrate-set.node.ts'
  );
  const { headFor } = await import('../tasks/linear-head.ts');
  const texts = await makeHead(loaded, prompts);
  const bar = progressBar('encoding pictures', 'items');
  const watch = { onProgress: bar.update, onNote: note };
  try {
    const known = await knownLabels(loaded, train, labels, watch);
    const head = await calibrateHead(texts, known);
    const report = await measureCalibration(
      head,
      texts,
      await knownLabels(loaded, evaluation, labels, watch),
    );
    bar.stop();
    await saveHead(out, await headFor(loaded, head));
    // slope · cosine + offset is 0 there
    const thresholds = labels.map((label, i) => ({
      label,
      cosine: -head.bias[i]! / slopeOf(head.weight, i, labels.length),
    }));
    if (json) {
      const { name: model, backend } = loaded;
      printJson({
        model,
        backend,
        data: train.name,
        evalData: evaluation.name,
        file: out,
        thresholds,
        ...report,
      });
      return;
    }
    printLine(`${''.padEnd(28)}precision   recall       F1      mAP`);
    printQuality('calibrated', report.calibrated);
    printQuality(`softmax, from 1 in ${labels.length} on`, report.softmax);
    printQuality('every label given', report.everything);
    printLine(`\nlearned on ${train.name}, judged on ${evaluation.name}; ${out}`);
  } finally {
    bar.stop();
    texts.features.dispose();
  }
}

/** The text's feature has length 1: a row's length is its slope. */
function slopeOf(weight: Float32Array, row: number, rows: number): number {
  const width = weight.length / rows;
  return Math.hypot(...weight.subarray(row * width, (row + 1) * width));
}

function printQuality(name: string, quality: MultiLabelQuality): void {
  const { precision, recall, f1, meanAveragePrecision } = quality;
  const columns = [precision, recall, f1, meanAveragePrecision].map((share) => percent(share).padStart(9));
  printLine(`${name.padEnd(28)}${columns.join('')}`);
}
