// clip-tfjs label: from a few labelled pictures and many without labels.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { LabelReport } from '../finetune/label.node.ts';
import { probability, wholeList } from './numbers.ts';
import {
  checkFigurePath,
  loadModel,
  type ModelOptions,
  type PromptOptions,
  readTemplates,
  withModel,
  withTemplates,
} from './options.ts';
import { note, percent, printJson, printLine, progressBars } from './terminal.ts';

interface Options extends ModelOptions, PromptOptions {
  data: string;
  unlabelled?: string;
  evalData: string;
  shots: number[];
  seeds: number[];
  method: 'head' | 'lora';
  confidence: number;
  figure?: string;
  out?: string;
  json?: boolean;
}

export function registerLabel(program: Command): void {
  const command = program
    .command('label')
    .summary('learn from a few labelled pictures and many without labels')
    .description(
      'Draws a few labelled pictures a class, lets a head learn from them and label the others by itself, and learns again from both: accuracies beside those of the class names alone, for several numbers of labels.',
    )
    .requiredOption(
      '--data <spec>',
      'pictures with classes: a few are drawn with their labels, the rest without',
    )
    .requiredOption('--eval-data <spec>', 'what to judge on')
    .option('--unlabelled <spec>', 'pictures without labels, instead of the rest of --data')
    .option('--shots <a,b,c>', 'labelled pictures a class', wholeList(1), [1, 2, 4, 8, 16])
    .option('--seeds <a,b,c>', 'draws of labelled pictures, whose mean is printed', wholeList(0), [0, 1, 2])
    .addOption(
      new Option('--method <name>', 'what learns from the labels: a head, or an adapter (slower)')
        .choices(['head', 'lora'])
        .default('head'),
    )
    .option('--confidence <p>', 'least probability of a label that is given, 0 … 1', probability, 0)
    .option('--figure <out.png>', 'draw the accuracies over the number of labels')
    .option('--out <labels.csv>', 'write the labels that were given with the most labels and the first seed');
  withModel(withTemplates(command))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  clip-tfjs label --data pictures/train --eval-data pictures/test --shots 1,4,16 --figure labels.png`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const { method: student, shots, seeds, confidence: threshold, figure, out } = options;
  const templates = await readTemplates(options);
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { labelByItself } = await import('../finetune/label.node.ts');
  const sets = {
    train: await openPictureSet(options.data, 'train'),
    evaluation: await openPictureSet(options.evalData, 'test'),
    ...(options.unlabelled !== undefined && {
      unlabelled: await openUnlabelled(options.unlabelled),
    }),
  };
  const loaded = await loadModel(options);
  const bars = progressBars();
  const report = await labelByItself(loaded, sets, {
    student,
    shots,
    seeds,
    threshold,
    templates,
    onProgress: bars.update,
    onNote: note,
  }).finally(bars.stop);
  if (out !== undefined) await writeLabels(out, report);
  if (figure !== undefined) await drawFigure(figure, sets.evaluation.name, report);
  if (report.without.length > 0) note(`no label was given of ${report.without.join(', ')}`);
  const { labels, ...accuracies } = report;
  if (options.json) {
    const { name: model, backend } = loaded;
    const data = {
      train: sets.train.name,
      evaluation: sets.evaluation.name,
      unlabelled: sets.unlabelled?.name,
    };
    printJson({ method: student, ...accuracies, model, backend, data });
  } else printTable(report);
}

/** A folder is one of pictures, whatever else is in it; the labels of any other set are not looked at. */
async function openUnlabelled(spec: string): Promise<PictureSet> {
  const { statSync } = await import('node:fs');
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  if (!statSync(spec, { throwIfNoEntry: false })?.isDirectory()) return openPictureSet(spec, 'train');
  return (await import('../data/sets/folder.node.ts')).openUnlabelled(spec);
}

function printTable({ zeroshot, rows }: LabelReport): void {
  const column = (share: number) => percent(share).padStart(11);
  printLine('labels a class  zero-shot   labelled  with pseudo-labels');
  for (const { shots, labelled, pseudo } of rows) {
    printLine(
      `${String(shots).padStart(14)}${column(zeroshot)}${column(labelled)}${column(pseudo).padStart(20)}`,
    );
  }
}

/** A table that --data takes. */
async function writeLabels(path: string, { labels }: LabelReport): Promise<void> {
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = labels.map(({ picture, label, confidence }) =>
    [field(resolve(picture)), field(label), confidence.toFixed(4)].join(','),
  );
  await writeFileAtomic(
    path,
    new TextEncoder().encode(['picture,label,confidence', ...lines, ''].join('\n')),
  );
}

async function drawFigure(path: string, name: string, { zeroshot, rows }: LabelReport): Promise<void> {
  const { curvesFigure } = await import('../figure/curves-figure.ts');
  const { shorten } = await import('../figure/svg.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const values = [zeroshot, ...rows.flatMap(({ labelled, pseudo }) => [labelled, pseudo])];
  const round = 0.1;
  const range = [
    Math.floor(Math.min(...values) / round) * round,
    Math.min(1, Math.ceil(Math.max(...values) / round) * round),
  ] as const;
  const curve = (title: string, colour: string, of: (row: LabelReport['rows'][number]) => number) => ({
    name: title,
    colour,
    points: rows.map((row) => [row.shots, of(row)] as const),
  });
  const curves = [
    { ...curve('zero-shot', '#6b7785', () => zeroshot), dashes: '6 4' },
    curve('labelled only', '#2f6fb5', ({ labelled }) => labelled),
    curve('with pseudo-labels', '#d9822b', ({ pseudo }) => pseudo),
  ];
  const panel = { title: 'Accuracy', curves, range, label: (y: number) => `${Math.round(100 * y)}%` };
  const caption = `labelled pictures a class; judged on ${shorten(name, 40)}`;
  await writeFileAtomic(path, curvesFigure([panel], { caption, doubling: true }));
}
