// clip-tfjs vqa eval: how often questions are answered rightly, by kind, beside those who never see the picture.
import type { Command } from 'commander';
import type { Share } from '../tasks/vqa/measure.ts';
import { wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, progressBars, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  head?: string[];
  data?: string;
  trainData?: string;
  scenes: number;
  trainScenes: number;
  json?: boolean;
}

export function registerVqaEval(vqa: Command): void {
  const command = vqa
    .command('eval')
    .summary('accuracy on questions')
    .description(
      'Accuracy on questions by kind, with 95 % intervals: of statements (zero-shot), of heads, and blind, of the better of the most frequent answer and a head that learned without pictures. Without --data, of the test scenes, whose combinations of colour and shape were not all trained on.',
    )
    .option(
      '--head <file>',
      'a head that vqa train wrote, or mini; may be repeated',
      (value: string, before: string[] = []) => [...before, value],
    )
    .option('--data <table>', 'a .csv, .tsv or .jsonl with the columns picture, question, answer')
    .option('--train-data <table>', 'what those who are blind learn from')
    .option(
      '--scenes <n>',
      'how many test scenes to draw, each with about five questions',
      wholeNumber(1),
      2000,
    )
    .option('--train-scenes <n>', 'how many scenes those who are blind learn from', wholeNumber(1), 20_000);
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs vqa eval --head mini
  clip-tfjs vqa eval --data test.csv --train-data train.csv --head own.safetensors --model ViT-B/32`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { head: heads = [], json } = options;
  if (options.trainData !== undefined && options.data === undefined) {
    throw new UsageError('--train-data goes with --data');
  }
  const { test, train } = await openSets(options);
  const { evaluateQuestions } = await import('../tasks/vqa/evaluate-questions.node.ts');
  const loaded = await loadModel(options);
  const bars = progressBars();
  const began = performance.now();
  const rows = await evaluateQuestions(loaded, test, {
    heads,
    train,
    onProgress: bars.update,
    onNote: note,
  }).finally(bars.stop);
  if (json) {
    const results = rows.map(({ name, kinds }) => ({ name, kinds: Object.fromEntries(kinds) }));
    const seconds = (performance.now() - began) / 1000;
    printJson({ model: loaded.name, backend: loaded.backend, data: test.pictures.name, results, seconds });
    return;
  }
  const table = [
    ['kind', 'questions', ...rows.map(({ name }) => name)],
    ['---', '---', ...rows.map(() => '---')],
  ];
  for (const [kind, { count }] of rows[0]!.kinds) {
    table.push([kind, `${count}`, ...rows.map(({ kinds }) => shareText(kinds.get(kind)!))]);
  }
  for (const cells of table) printLine(`| ${cells.join(' | ')} |`);
}

/** Such as `57.5 % (56.1 to 58.9)`. */
function shareText({ accuracy, interval }: Share): string {
  const [share, low, high] = [accuracy, ...interval].map((value) => (100 * value).toFixed(1));
  return `${share} % (${low} to ${high})`;
}

async function openSets({ data, trainData, scenes, trainScenes }: Options) {
  const { sceneQuestions } = await import('../tasks/vqa/question-set.ts');
  if (data === undefined) {
    return { test: sceneQuestions('test', scenes), train: sceneQuestions('train', trainScenes, 1) };
  }
  const { openQuestionTable } = await import('../tasks/vqa/question-table.node.ts');
  return {
    test: openQuestionTable(data),
    train: trainData === undefined ? undefined : openQuestionTable(trainData),
  };
}
