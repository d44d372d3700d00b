// clip-tfjs eval: zero-shot accuracy on a data set.
import type { Command } from 'commander';
import {
  type DatasetOptions,
  loadModel,
  type ModelOptions,
  makeHead,
  openDataset,
  type PromptOptions,
  readPrompts,
  wholeNumber,
  withDataset,
  withModel,
  withPrompts,
} from './options.ts';
import { printJson, printLine, progressBar } from './terminal.ts';

interface Options extends ModelOptions, DatasetOptions, PromptOptions {
  limit?: number;
  json?: boolean;
}

export function registerEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('zero-shot accuracy on a data set')
    .description('Zero-shot accuracy on a data set: top-1, top-5, and the mean of the classes’ top-1.');
  withModel(withPrompts(withDataset(command)))
    .option('--limit <n>', 'only the first n pictures', wholeNumber(1))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs eval --dataset shapes
  clip-tfjs eval --dataset cifar100 --data cifar-100-python.tar.gz --model ViT-B/32 --templates cifar`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { image, fineLabels, fineNames, seen, count } = await openDataset(options);
  const used = Math.min(count, options.limit ?? count);
  const prompts = await readPrompts(fineNames, options);
  const loaded = await loadModel(options);
  const head = await makeHead(loaded, prompts);
  const { evaluate } = await import('../tasks/evaluate.ts');
  const bar = progressBar('classifying');
  try {
    const dataset = { count: used, fineLabels, image, seen };
    const accuracy = await evaluate(loaded, dataset, head, (done) => bar.update(done, used));
    bar.stop();
    if (options.json) printJson({ model: loaded.name, dataset: options.dataset, ...accuracy });
    else {
      printLine(`${accuracy.count} pictures of ${options.dataset}`);
      printLine(`top-1          ${percent(accuracy.top1)}`);
      printLine(`top-5          ${percent(accuracy.top5)}`);
      printLine(`mean per class ${percent(accuracy.meanPerClass)}`);
      if (accuracy.seen) printLine(`classes seen   ${percent(accuracy.seen.top1)}`);
      if (accuracy.unseen) printLine(`classes unseen ${percent(accuracy.unseen.top1)}`);
    }
  } finally {
    bar.stop();
  }
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2).padStart(6)}%`;
}
