// clip-tfjs similarity: the cosines of some pictures with some texts.
import type { Command } from 'commander';
import type { Picture } from '../data/pictures/picture.ts';
import { checkFigurePath, collect, loadModel, type ModelOptions, withModel } from './options.ts';
import { printJson, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  text?: string[];
  texts?: string;
  column?: string;
  truncate?: boolean;
  figure?: string;
  json?: boolean;
}

export function registerSimilarity(program: Command): void {
  const command = program
    .command('similarity')
    .summary('cosines of pictures with texts')
    .description('The cosine of every text with every picture, −1 to 1: a row a text, a column a picture.')
    .argument('<image...>', 'PNG, JPEG, WebP or GIF files')
    .option('--text <text>', 'a text, taken as it is; may be repeated', collect)
    .option('--texts <file>', 'texts: one a line, a .jsonl of JSON strings, or a column of a table')
    .option('--column <name>', 'of the table in --texts (default: caption, text or title)')
    .option('--truncate', 'cut texts over the context length instead of refusing them');
  withModel(command)
    .option('--figure <out.png>', 'draw the matrix, pictures and texts at its sides')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs similarity cat.jpg dog.jpg --text "a cat" --text "a dog" --figure matrix.png --model ViT-B/32
  clip-tfjs similarity *.jpg --texts captions.txt --json`,
    )
    .action(run);
}

async function run(images: string[], options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const texts = await readTexts(options);
  const { checkTexts } = await import('../tasks/prompts.ts');
  checkTexts(texts);
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const pictures: Picture[] = [];
  for (const image of images) pictures.push(await readPicture(image));
  const loaded = await loadModel(options);
  const { similarityMatrix } = await import('../tasks/labels/cosines.ts');
  const bar = progressBar('encoding pictures');
  const { truncate = false } = options;
  const matrix = await similarityMatrix(loaded, pictures, texts, {
    truncate,
    onProgress: bar.update,
  }).finally(bar.stop);
  if (options.figure !== undefined) await drawFigure(options.figure, pictures, texts, matrix, loaded.name);
  if (options.json) {
    printJson({ model: loaded.name, backend: loaded.backend, images, texts, cosines: matrix });
    return;
  }
  images.forEach((image, i) => {
    printLine(`${i + 1}: ${image}`);
  });
  printLine(images.map((_, i) => String(i + 1).padStart(8)).join(''));
  texts.forEach((text, row) => {
    printLine(`${matrix[row]!.map((cosine) => cosine.toFixed(4).padStart(8)).join('')}  ${text}`);
  });
}

async function readTexts({ text, texts, column }: Options): Promise<readonly string[]> {
  if ((text === undefined) === (texts === undefined)) {
    throw new UsageError('expected --text or --texts FILE, one of the two');
  }
  if (column !== undefined && texts === undefined)
    throw new UsageError('--column is one of the table in --texts');
  if (text !== undefined) return text;
  const files = await import('../data/sets/texts.node.ts');
  return files.readTexts(texts!, column);
}

async function drawFigure(
  path: string,
  pictures: readonly Picture[],
  texts: readonly string[],
  values: number[][],
  model: string,
): Promise<void> {
  const { matrixFigure } = await import('../figure/matrix-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const title = 'Cosines of pictures and texts';
  const note = `framed: the text nearest to each picture · ${model}`;
  const columns = pictures.map((picture) => ({ picture, caption: '' }));
  const matrix = { title, note, rows: texts, columns, values, marksBest: true };
  await writeFileAtomic(path, matrixFigure([matrix]));
}
