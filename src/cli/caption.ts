// clip-tfjs caption: a picture in words.
import type { Command } from 'commander';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { CaptionedPicture } from '../tasks/caption/caption-pictures.node.ts';
import { registerCaptionTrain } from './caption-train.ts';
import { numberFrom, wholeNumber } from './numbers.ts';
import { checkFigurePath, loadModel, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

interface Options extends ModelOptions {
  decoder?: string;
  beam?: number;
  lengthPower?: number;
  split: 'train' | 'test';
  figure?: string;
  json?: boolean;
}

export function registerCaption(program: Command): void {
  const command = program
    .command('caption')
    .summary('pictures in words')
    .description(
      "Writes a caption of each picture, by a small decoder that was trained on the model's features. Of the embedded model one is there; caption train makes others.",
    )
    .argument(
      '<picture...>',
      'picture files, folders with all below them, tables with a column of pictures, shapes',
    )
    .option('--decoder <file>', 'a decoder that caption train wrote for this model')
    .option(
      '--beam <n>',
      'beginnings kept for each picture; 1: the most probable word every time',
      wholeNumber(1),
    )
    .option('--length-power <p>', 'log-probabilities are divided by tokens to this power', numberFrom(0))
    .option('--figure <out.png>', 'draw the pictures over their captions');
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs caption star.png
  clip-tfjs caption pictures --figure captions.png
  clip-tfjs caption photos --model ViT-B/32 --decoder photos.safetensors --json`,
    )
    .action(run);
  registerCaptionTrain(command);
}

async function run(pictures: string[], options: Options): Promise<void> {
  const { decoder: file, beam, lengthPower, figure, json } = options;
  checkFigurePath(figure);
  const { openPictures } = await import('../data/sets/pictures.node.ts');
  const { captionPictures } = await import('../tasks/caption/caption-pictures.node.ts');
  const { loadDecoder } = await import('../tasks/caption/decoder-file.node.ts');
  const set = await openPictures(pictures, 'test');
  for (const line of set.notes ?? []) note(line);
  const loaded = await loadModel(options);
  const decoder = await loadDecoder(loaded, file);
  const bar = progressBar('encoding pictures', 'items');
  const { results, broken } = await captionPictures(loaded, decoder, set, {
    ...(beam !== undefined && { beam }),
    ...(lengthPower !== undefined && { lengthPower }),
    mostBroken: set.count,
    onProgress: bar.update,
    onNote: note,
  }).finally(bar.stop);
  if (figure !== undefined) await drawFigure(figure, set, results);
  if (json) {
    const { name: model, backend } = loaded;
    printJson({
      model,
      backend,
      results: results.map(({ picture, caption, probability }) => ({ picture, caption, probability })),
      broken: broken.map(({ name, reason }) => ({ picture: name, reason })),
    });
    return;
  }
  for (const { picture, caption } of results) printLine(`${picture}: ${caption}`);
  if (broken.length > 0) note(`${broken.length} pictures could not be read and have no caption`);
}

async function drawFigure(
  path: string,
  set: PictureSet,
  results: readonly CaptionedPicture[],
): Promise<void> {
  const { captionFigure } = await import('../tasks/caption/caption-figure.node.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  await writeFileAtomic(path, await captionFigure(set, results));
}
