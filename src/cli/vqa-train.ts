// clip-tfjs vqa train: a head that answers questions, learned from pictures, questions and answers.
import { type Command, Option } from 'commander';
import type { FusionKind } from '../tasks/vqa/picture-features.ts';
import { numberOver, wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { note, percent, printJson, printLine, progressBars, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  out: string;
  data?: string;
  validation?: string;
  scenes: number;
  features: FusionKind;
  epochs: number;
  hidden: number;
  lr: number;
  seed: number;
  force?: boolean;
  json?: boolean;
}

export function registerVqaTrain(vqa: Command): void {
  const command = vqa
    .command('train')
    .summary('learns a head for questions')
    .description(
      'Learns to answer questions from pictures with questions and answers. The model stays as it is: its features of picture and question are fused by a small network over the answers that occur. Without --data, questions about drawn scenes of one to four shapes.',
    )
    .requiredOption('--out <file>', 'where the head is written: a .safetensors file')
    .option('--data <table>', 'a .csv, .tsv or .jsonl with the columns picture, question, answer')
    .option(
      '--validation <table>',
      'what the best epoch is chosen on (default: the questions of every tenth picture)',
    )
    .option('--scenes <n>', 'how many scenes to draw, each with about five questions', wholeNumber(1), 20_000)
    .addOption(
      new Option('--features <which>', 'what is seen of a picture: its feature, or its patches too')
        .choices(['pooled', 'patches'])
        .default('pooled'),
    )
    .option('--epochs <n>', 'times every question is seen', wholeNumber(1), 8)
    .option('--hidden <n>', "width of the network's hidden layer", wholeNumber(1), 192)
    .option('--lr <rate>', 'the highest learning rate', numberOver(0), 2e-3)
    .option('--seed <n>', 'of the first weights and the order', wholeNumber(0), 1)
    .option('--force', 'replace a file that is there');
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs vqa train --out vqa.safetensors
  clip-tfjs vqa train --data questions.csv --out own.safetensors --model ViT-B/32
  clip-tfjs vqa scene.png "how many shapes are there?" --head vqa.safetensors`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { out, features, epochs, hidden, lr: learningRate, seed, json } = options;
  if (!out.endsWith('.safetensors')) {
    throw new UsageError(`--out writes a head: expected a name that ends in .safetensors, got ${out}`);
  }
  if (options.validation !== undefined && options.data === undefined) {
    throw new UsageError('--validation goes with --data');
  }
  const { dirname } = await import('node:path');
  const { checkWritable, refuseExisting } = await import('../disk.node.ts');
  if (!options.force) refuseExisting(out);
  await checkWritable(dirname(out), 'give another --out');
  const [train, validation] = await openSets(options);
  const { trainHead } = await import('../tasks/vqa/train-head.node.ts');
  const loaded = await loadModel(options);
  const bars = progressBars();
  const began = performance.now();
  const report = await trainHead(loaded, train, validation, {
    features,
    epochs,
    hidden,
    learningRate,
    seed,
    onProgress: bars.update,
    onEpoch: (epoch, loss, accuracy) => {
      bars.stop();
      note(
        `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, held-out questions ${percent(accuracy)} right`,
      );
    },
    onNote: note,
  }).finally(bars.stop);
  const { saveFusion } = await import('../tasks/vqa/fusion-file.node.ts');
  await saveFusion(out, report.saved);
  const seconds = (performance.now() - began) / 1000;
  const { saved, accuracy, prior, epoch, counts, parameters } = report;
  if (json) {
    const answers = saved.answers.length;
    printJson({
      model: loaded.name,
      backend: loaded.backend,
      out,
      features,
      epoch,
      accuracy,
      prior,
      ...counts,
      answers,
      parameters,
      seconds,
    });
    return;
  }
  printLine(
    `${out}: ${saved.answers.length} answers, ${parameters} parameters, learned from ${counts.questions} questions`,
  );
  printLine(
    `held out: ${percent(accuracy)} of ${counts.heldOut} questions right (epoch ${epoch}); the most frequent answer: ${percent(prior)}`,
  );
}

async function openSets({ data, validation, scenes, seed }: Options) {
  const { sceneQuestions } = await import('../tasks/vqa/question-set.ts');
  if (data === undefined) {
    return [
      sceneQuestions('train', scenes, seed),
      sceneQuestions('validation', Math.min(1000, scenes)),
    ] as const;
  }
  const { openQuestionTable, splitQuestions } = await import('../tasks/vqa/question-table.node.ts');
  const table = openQuestionTable(data);
  return validation === undefined ? splitQuestions(table) : ([table, openQuestionTable(validation)] as const);
}
