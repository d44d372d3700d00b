// clip-tfjs attention: what a picture or a text attends to, layer by layer, head by head.
import type { Command } from 'commander';
import type { AttentionView } from '../tasks/patches/attention.ts';
import { wholeNumber } from './numbers.ts';
import { checkFigurePath, loadModel, type ModelOptions, withModel } from './options.ts';
import { printJson, printLine, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  text?: string;
  layer?: number;
  head?: number;
  rollout?: boolean;
  truncate?: boolean;
  figure?: string;
  json?: boolean;
}

export function registerAttention(program: Command): void {
  const command = program
    .command('attention')
    .summary('what a picture or a text attends to')
    .description(
      'Attention of the class token to the patches of a picture (a ResNet: of its attention pool), or of each token of a text to each. Without --layer the roll-out over all layers (Abnar and Zuidema 2020). Layers and heads are counted from 0, as in visual.transformer.resblocks.0.attn.',
    )
    .argument('[image]', 'a PNG, JPEG, WebP or GIF file')
    .option('--text <text>', 'a text instead of a picture')
    .option('--layer <n>', 'one layer, from 0', wholeNumber(0))
    .option('--head <n>', 'one of its heads, from 0 (default: all of them)', wholeNumber(0))
    .option('--rollout', 'over all layers (the default)')
    .option('--truncate', 'cut a text over the context length instead of refusing it');
  withModel(command)
    .option('--figure <out.png>', 'draw the maps')
    .option('--json', 'print JSON: all numbers')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs attention cat.jpg --figure rollout.png --model ViT-B/32
  clip-tfjs attention cat.jpg --layer 3 --head 2 --figure head.png --model ViT-B/32
  clip-tfjs attention cat.jpg --layer 3 --figure heads.png
  clip-tfjs attention --text "a photo of a red star" --figure text.png`,
    )
    .action(run);
}

async function run(image: string | undefined, options: Options): Promise<void> {
  const { text, layer, head, rollout } = options;
  if ((image === undefined) === (text === undefined)) {
    throw new UsageError('expected a picture or --text, one of the two');
  }
  if (rollout && (layer !== undefined || head !== undefined)) {
    throw new UsageError('--rollout is over all layers and heads: expected no --layer or --head beside it');
  }
  if (options.truncate && text === undefined) throw new UsageError('--truncate goes with --text');
  checkFigurePath(options.figure);
  await (image === undefined ? ofText(text!, options) : ofPicture(image, options));
}

async function ofPicture(image: string, options: Options): Promise<void> {
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const { attentionMap, chooseAttention, pictureAttention } = await import('../tasks/patches/attention.ts');
  const picture = await readPicture(image);
  const loaded = await loadModel(options);
  const layers = await pictureAttention(loaded, picture);
  const views = chooseAttention(layers, options);
  const maps = views.map(({ matrix, ...view }) => ({ ...view, ...attentionMap(matrix) }));
  if (options.figure !== undefined) {
    const { heatFigure } = await import('../figure/heat-figure.ts');
    const { basename } = await import('node:path');
    const row = {
      picture,
      caption: basename(image),
      maps: maps.map((map) => ({ caption: `${nameOf(map)} · at most ${largest(map.heat)}`, heat: map.heat })),
    };
    const asks = layers[0]!.queries === 1 ? 'the mean of all positions' : 'the class token';
    const note = `what ${asks} takes of each patch · ${maps[0]!.heat.length} × ${maps[0]!.heat.length} patches · ${loaded.name}`;
    await write(options.figure, heatFigure([row], { title: 'Attention', note, scale: 'each' }));
  }
  if (options.json) {
    const { name: model, backend } = loaded;
    printJson({ model, backend, image, layers: layers.length, heads: layers[0]!.heads, maps });
    return;
  }
  maps.forEach(({ self, heat, ...view }, i) => {
    if (i > 0) printLine();
    printLine(`${nameOf(view)}: ${self.toFixed(4)} to itself, the rest to the patches`);
    printRows(heat);
  });
}

async function ofText(text: string, options: Options): Promise<void> {
  const { checkTexts } = await import('../tasks/prompts.ts');
  const { chooseAttention, textAttention } = await import('../tasks/patches/attention.ts');
  checkTexts([text]);
  const loaded = await loadModel(options);
  const { tokens, layers } = await textAttention(loaded, text, options.truncate);
  const views = chooseAttention(layers, options);
  if (options.figure !== undefined) {
    const { matrixFigure } = await import('../figure/matrix-figure.ts');
    const matrices = views.map(({ matrix, ...view }) => ({
      title: `Attention, ${nameOf(view)}`,
      note: `each row: what a token takes of those up to it · ${loaded.name}`,
      rows: tokens,
      columns: tokens.map((caption) => ({ caption })),
      values: matrix,
    }));
    await write(options.figure, matrixFigure(matrices));
  }
  if (options.json) {
    const { name: model, backend } = loaded;
    printJson({ model, backend, text, tokens, layers: layers.length, heads: layers[0]!.heads, maps: views });
    return;
  }
  const width = Math.max(...tokens.map((token) => token.length));
  views.forEach(({ matrix, ...view }, i) => {
    if (i > 0) printLine();
    printLine(`${nameOf(view)}: each row, what a token takes of those up to it`);
    printRows(matrix, (row) => tokens[row]!.padStart(width));
  });
}

function nameOf({ layer, head }: Omit<AttentionView, 'matrix'>): string {
  if (layer === undefined) return 'roll-out';
  return head === undefined ? `layer ${layer}, mean of the heads` : `layer ${layer}, head ${head}`;
}

function largest(heat: readonly (readonly number[])[]): string {
  return Math.max(...heat.flat()).toFixed(2);
}

function printRows(
  rows: readonly (readonly number[])[],
  nameOfRow: (row: number) => string = () => '',
): void {
  rows.forEach((row, i) => {
    printLine(`${nameOfRow(i)}${row.map((value) => value.toFixed(4).padStart(9)).join('')}`);
  });
}

async function write(path: string, png: Uint8Array): Promise<void> {
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  await writeFileAtomic(path, png);
}
