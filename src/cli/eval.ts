// clip-tfjs eval: accuracy on a data set.
import { type Command, Option } from 'commander';
import type { LinearHead, SavedHead } from '../checkpoint/head-file.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { Accuracy } from '../tasks/evaluate.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { runRetrieval } from './eval-retrieval.ts';
import { checkHead, openHead, withHead } from './head-option.ts';
import { wholeNumber } from './numbers.ts';
import {
  type DatasetOptions,
  loadModel,
  type ModelOptions,
  makeHead,
  openDataset,
  type PromptOptions,
  type Prompts,
  readPrompts,
  withDataset,
  withModel,
  withPrompts,
} from './options.ts';
import { note, percent, printJson, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends ModelOptions, DatasetOptions, PromptOptions {
  task: 'classify' | 'retrieval';
  limit?: number;
  head?: string;
  json?: boolean;
}

export function registerEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('accuracy on a data set')
    .description(
      'Accuracy on a data set, of the class names or of a head that was learned: top-1, top-5, and the mean of the classes’ top-1. Without --dataset, --data is any set with classes: a folder by class, a table.',
    );
  withModel(withHead(withPrompts(withDataset(command))))
    .addOption(
      new Option('--task <name>', 'retrieval: Recall@1, 5, 10 of pictures and captions, both ways')
        .choices(['classify', 'retrieval'])
        .default('classify'),
    )
    .option('--limit <n>', 'only the first n pictures', wholeNumber(1))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs eval --dataset shapes
  clip-tfjs eval --dataset cifar100 --data cifar-100-python.tar.gz --model ViT-B/32 --templates cifar
  clip-tfjs eval --task retrieval --data captions.csv --model ViT-B/32
  clip-tfjs eval --data pictures/test --head probe/head.safetensors`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.task === 'retrieval') return runRetrieval(await openSet(options), options);
  const saved = await openHead(options.head, options);
  const { name, classes, measure } = await openSubject(options);
  const prompts = await readPrompts(saved?.labels ?? classes, options);
  const loaded = await loadModel(options);
  const head = await headOf(loaded, saved, prompts, options.head);
  const accuracy = await measure(loaded, head);
  if (options.json) {
    printJson({ model: loaded.name, dataset: name, ...accuracy });
    return;
  }
  printLine(`${accuracy.count} pictures of ${name}`);
  printLine(`top-1          ${percent(accuracy.top1).padStart(7)}`);
  printLine(`top-5          ${percent(accuracy.top5).padStart(7)}`);
  printLine(`mean per class ${percent(accuracy.meanPerClass).padStart(7)}`);
  if (accuracy.seen) printLine(`classes seen   ${percent(accuracy.seen.top1).padStart(7)}`);
  if (accuracy.unseen) printLine(`classes unseen ${percent(accuracy.unseen.top1).padStart(7)}`);
}

interface EvalSubject {
  name: string;
  classes: readonly string[];
  measure(loaded: LoadedModel, head: LinearHead): Promise<Accuracy>;
}

async function openSubject(options: Options): Promise<EvalSubject> {
  const { classesOf } = await import('../finetune/class-labels.ts');
  const { evaluateSet } = await import('../finetune/evaluate-set.node.ts');
  const set = await openSet(options);
  const measure = async (loaded: LoadedModel, head: LinearHead): Promise<Accuracy> => {
    const bar = progressBar('classifying');
    return evaluateSet(loaded, set, head, { onProgress: bar.update, onNote: note }).finally(bar.stop);
  };
  return { name: set.name, classes: classesOf(set), measure };
}

/** The set that was asked for, or the first pictures of it. */
async function openSet({ dataset, data, limit, task }: Options): Promise<PictureSet> {
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { subset } = await import('../data/sets/order.ts');
  if (dataset === undefined && data === undefined) {
    throw new UsageError('no data set: expected --dataset shapes, --dataset cifar100 or --data PICTURES');
  }
  const whole =
    dataset === undefined
      ? await openPictureSet(data!, 'test')
      : await namedSet({ dataset, ...(data !== undefined && { data }) }, task);
  const used = Math.min(whole.count, limit ?? whole.count);
  const first = Array.from({ length: used }, (_, i) => i);
  return used < whole.count ? subset(whole, first, whole.name) : whole;
}

/** Of Shapes-100 each picture has a caption of its own too, which retrieval asks by. */
async function namedSet(options: DatasetOptions, task: Options['task']): Promise<PictureSet> {
  const { labelledSet } = await import('../data/sets/labelled.ts');
  const set = labelledSet(options.dataset!, await openDataset(options));
  if (task !== 'retrieval' || options.dataset !== 'shapes') return set;
  const { shapesTest } = await import('../data/shapes/shapes.ts');
  const { example } = shapesTest();
  return { ...set, captions: (index: number) => [example(index).caption] };
}

async function headOf(
  loaded: LoadedModel,
  saved: SavedHead | undefined,
  prompts: Prompts,
  path: string | undefined,
): Promise<LinearHead> {
  if (saved) {
    await checkHead(saved, loaded, path!);
    return saved;
  }
  const { linearHeadOf } = await import('../tasks/linear-head.ts');
  return linearHeadOf(await makeHead(loaded, prompts));
}
