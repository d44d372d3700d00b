// clip-tfjs localize: where in a picture a text is.
import { type Command, Option } from 'commander';
import type { Picture } from '../data/pictures/picture.ts';
import type { HeatMap } from '../tasks/patches/localize.ts';
import type { PatchMethod } from '../tasks/patches/patch-features.ts';
import { checkFigurePath, loadModel, type ModelOptions, withModel } from './options.ts';
import { printJson, printLine } from './terminal.ts';

interface Options extends ModelOptions {
  method: PatchMethod;
  truncate?: boolean;
  figure?: string;
  json?: boolean;
}

export function registerLocalize(program: Command): void {
  const command = program
    .command('localize')
    .summary('where in a picture a text is')
    .description(
      'A heat map of one or more texts over a picture, a number for each patch: how much of the cosine of the picture and the text comes from there. The model sees a picture’s middle square.',
    )
    .argument('<image>', 'a PNG, JPEG, WebP or GIF file')
    .argument('<text...>', 'what to look for: texts as they are, one map each')
    .addOption(
      new Option(
        '--method <name>',
        'how a patch gets its number: contributions (Gandelsman et al. 2024), values (MaskCLIP, 2022), tokens (the last block’s)',
      )
        .choices(['contributions', 'values', 'tokens'])
        .default('contributions'),
    )
    .option('--truncate', 'cut texts over the context length instead of refusing them');
  withModel(command)
    .option('--figure <out.png>', 'draw the picture and the maps over it')
    .option('--json', 'print JSON: the grids')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs localize scene.png red --figure heat.png
  clip-tfjs localize scene.png "a red star" "a blue ring" --figure heat.png --resolution 64
  clip-tfjs localize street.jpg "a bicycle" --model ViT-B/16 --json`,
    )
    .action(run);
}

async function run(image: string, texts: string[], options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const { checkTexts } = await import('../tasks/prompts.ts');
  const { localize } = await import('../tasks/patches/localize.ts');
  checkTexts(texts);
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const picture = await readPicture(image);
  const loaded = await loadModel(options);
  const { method, truncate } = options;
  const [maps] = await localize(loaded, [picture], texts, { method, truncate });
  if (options.figure !== undefined) await drawFigure(options.figure, image, picture, maps!, options);
  if (options.json) {
    printJson({ model: loaded.name, backend: loaded.backend, image, method, maps });
    return;
  }
  maps!.forEach((map, i) => {
    if (i > 0) printLine();
    printMap(map, method);
  });
}

function printMap({ text, cosine, heat, peak }: HeatMap, method: PatchMethod): void {
  const grid = heat.length;
  const ofPatches = heat.flat().reduce((sum, part) => sum + part, 0);
  printLine(`"${text}": cosine ${cosine.toFixed(4)}`);
  for (const row of heat) printLine(row.map((value) => value.toFixed(4).padStart(9)).join(''));
  const place = `${(100 * peak.x).toFixed(0)}% from the left, ${(100 * peak.y).toFixed(0)}% from the top`;
  printLine(`hottest: row ${peak.row}, column ${peak.column} of ${grid} × ${grid} from 0, ${place}`);
  if (method === 'contributions') printLine(`all patches: ${ofPatches.toFixed(4)} of the cosine`);
}

async function drawFigure(
  path: string,
  image: string,
  picture: Picture,
  maps: readonly HeatMap[],
  { method, model }: Options,
): Promise<void> {
  const { heatFigure } = await import('../figure/heat-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const { basename } = await import('node:path');
  const row = {
    picture,
    caption: basename(image),
    maps: maps.map(({ text, cosine, heat }) => ({ caption: `“${text}” · ${cosine.toFixed(2)}`, heat })),
  };
  const what =
    method === 'contributions' ? 'what each patch adds to the cosine' : 'cosines of patches and text';
  const grid = maps[0]!.heat.length;
  const note = `${what} (${method}) · ${grid} × ${grid} patches · ${model}`;
  const cold = method === 'contributions' ? { cold: 0 } : {}; // what speaks against the text is as dark as what says nothing
  const options = { title: 'Where the text is', note, scale: 'shared', ...cold } as const;
  await writeFileAtomic(path, heatFigure([row], options));
}
