// clip-tfjs caption train: a decoder for a model's features, from pictures with captions.
import type { Command } from 'commander';
import { numberFrom, numberOver, shareBelowOne, wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { stoppable } from './run-training.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';
import { trainingLine } from './training-progress.ts';

interface Options extends ModelOptions {
  data: string;
  out: string;
  resume?: boolean;
  steps?: number;
  batch?: number;
  learningRate?: number;
  warmup?: number;
  weightDecay?: number;
  wordDropout?: number;
  width?: number;
  layers?: number;
  prefix?: number;
  seed: number;
  saveEvery: number;
  json?: boolean;
}

export function registerCaptionTrain(caption: Command): void {
  const command = caption
    .command('train')
    .summary('a decoder, from pictures with captions')
    .description(
      "Trains a decoder on the features of a model that stays as it is, and writes it. The embedded model's own was made by the first example.",
    )
    .requiredOption(
      '--data <spec>',
      'a table (.csv, .tsv, .jsonl) of pictures and captions, or shapes: its stream',
    )
    .requiredOption('--out <file>', 'the decoder, a .safetensors file')
    .option('--resume', 'go on with the training that is beside --out')
    .option('--steps <n>', 'steps of the training', wholeNumber(1))
    .option('--batch <n>', 'pictures a step', wholeNumber(1))
    .option('--learning-rate <rate>', 'the highest, after the warm-up', numberOver(0))
    .option('--warmup <steps>', 'steps in which the rate rises (default: a thirtieth)', wholeNumber(0))
    .option('--weight-decay <share>', 'taken off matrices at a rate of 1', numberFrom(0))
    .option(
      '--word-dropout <share>',
      'given words that are hidden, so that the picture is asked',
      shareBelowOne,
    )
    .option('--width <n>', 'of the decoder: an even multiple of its 2 heads', wholeNumber(4))
    .option('--layers <n>', 'of the decoder', wholeNumber(1))
    .option('--prefix <n>', "vectors that a picture's feature becomes", wholeNumber(1))
    .option('--seed <n>', 'of everything that is left to chance', wholeNumber(0), 0)
    .option('--save-every <steps>', 'steps between checkpoints: what a kill may cost', wholeNumber(1), 200);
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs caption train --data shapes --out caption.safetensors
  clip-tfjs caption train --data captions.csv --model ViT-B/32 --out photos.safetensors --steps 5000`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { out, seed, saveEvery, resume } = options;
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const sources = await import('../tasks/caption/sources.node.ts');
  const learning = await import('../tasks/caption/learn-decoder.node.ts');
  const { stat } = await import('node:fs/promises');
  await learning.checkDecoderFile(out, resume === true);
  const set = options.data === 'shapes' ? undefined : await openPictureSet(options.data, 'train');
  if (set) sources.checkCaptions(set);
  const loaded = await loadModel(options);
  const batch = options.batch ?? learning.CAPTION_BATCH;
  const bar = progressBar('encoding pictures', 'items');
  const source = set
    ? await sources
        .captionedSource(loaded, set, seed, batch, { onProgress: bar.update, onNote: note })
        .finally(bar.stop)
    : sources.shapesSource(loaded, seed, batch);
  const { steps = learning.CAPTION_TRAINING.steps, warmup, learningRate, weightDecay, wordDropout } = options;
  const { width, layers, prefix: prefix_length } = options;
  const line = await trainingLine(steps);
  const last: number[] = [];
  const began = performance.now();
  const learned = await stoppable((signal) =>
    learning.trainDecoder(loaded, source, {
      out,
      seed,
      saveEvery,
      resume: resume === true,
      signal,
      shape: given({ width, layers, prefix_length }),
      training: given({ steps, warmup, learningRate, weightDecay, wordDropout }),
      onStep: (report) => {
        last.push(report.loss);
        line.step(report);
      },
      onNote: line.note,
    }),
  ).finally(line.stop);
  if (!learned) return;
  const { size: bytes } = await stat(out);
  const tail = last.slice(-50);
  const loss = tail.reduce((sum, value) => sum + value, 0) / tail.length;
  const seconds = (performance.now() - began) / 1000;
  const tokens = learned.vocabulary.size;
  if (options.json) {
    printJson({
      model: loaded.name,
      backend: loaded.backend,
      data: source.name,
      file: out,
      bytes,
      steps,
      loss,
      tokens,
      seconds,
    });
    return;
  }
  printLine(
    `${steps} steps in ${seconds.toFixed(1)} s; the last ${tail.length} had a loss of ${loss.toFixed(3)} nats a token`,
  );
  printLine(`${out}: ${(bytes / 1e6).toFixed(2)} MB, ${tokens} tokens, for ${loaded.name}`);
}

/** The options that were given: what was not keeps its default. */
function given<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
