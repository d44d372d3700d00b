// clip-tfjs search: what in an index lies nearest to a text, a picture, or several of both.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { QueryPart } from '../tasks/search/query-vector.ts';
import type { SearchHit } from '../tasks/search/search-index.node.ts';
import type { Side } from '../tasks/search/store.node.ts';
import { loadIndexModel } from './index-model.ts';
import { wholeNumber } from './numbers.ts';
import { checkFigurePath, collect, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  image?: string[];
  weights?: number[];
  to?: Side;
  top: number;
  where?: string;
  exact?: boolean;
  truncate?: boolean;
  figure?: string;
  json?: boolean;
}

export function registerSearch(program: Command): void {
  const command = program
    .command('search')
    .summary('ask an index, by text or by picture')
    .description(
      'What in an index lies nearest to a text or a picture, by cosine. Several texts and pictures are added up, each scaled to length 1 and times its weight: pictures first, then texts.',
    )
    .argument('<dir|uri>', 'what clip-tfjs index made')
    .argument('[text...]', 'what to look for')
    .option('--image <file>', 'a picture to look for; may be repeated', collect)
    .option(
      '--weights <w,…>',
      'of the pictures, then of the texts; below 0 for less of it (default: 1 each)',
      weights,
    )
    .addOption(
      new Option('--to <side>', 'what to find (default: image, where there are some)').choices([
        'image',
        'text',
      ]),
    )
    .option('--top <k>', 'how many to find', wholeNumber(1), 10)
    .option('--where <condition>', 'SQL over id, source, label and caption: "label = \'red circle\'"')
    .option('--exact', 'look at everything, whatever index there is')
    .option('--truncate', 'cut texts over the context length instead of refusing them')
    .option('--figure <grid.png>', 'draw the pictures that were found');
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The model is the one the index was made with, unless --model says otherwise.

Examples:
  clip-tfjs search photos.index "a red circle" --figure found.png
  clip-tfjs search photos.index --image x.png --to text
  clip-tfjs search photos.index --image x.png "but blue" --weights 1,0.5 --where "label = 'blue circle'"`,
    )
    .action(run);
}

function weights(value: string): number[] {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.every((number) => Number.isFinite(number) && number !== 0)) return numbers;
  throw new InvalidArgumentError('expected numbers other than 0, as in 1,0.5.');
}

/** A part of the query, with what is said of it. */
interface Part {
  of: { image: string } | { text: string };
  weight: number;
  part: QueryPart;
}

async function run(uri: string, texts: string[], options: Options, command: Command): Promise<void> {
  const { image: images = [], to, top, where, exact, truncate, figure, json } = options;
  checkFigurePath(figure);
  if (images.length + texts.length === 0)
    throw new UsageError('an empty query: expected a text, or --image FILE');
  if (figure !== undefined && to === 'text') {
    throw new UsageError('--figure draws pictures that were found: expected --to image beside it');
  }
  if (texts.some((text) => text.trim() === ''))
    throw new UsageError('an empty query: expected a text, got ""');
  if (options.weights && options.weights.length !== images.length + texts.length) {
    const [pictures, words] = [`${images.length} pictures`, `${texts.length} texts`];
    throw new UsageError(
      `--weights: expected one each for ${pictures} and ${words}, got ${options.weights.length}`,
    );
  }
  const { openIndex } = await import('../tasks/search/search-index.node.ts');
  const { queryVector } = await import('../tasks/search/query-vector.ts');
  const index = await openIndex(uri);
  try {
    const parts = await readParts(images, texts, options.weights);
    const loaded = await loadIndexModel(uri, options, command);
    await index.check(loaded);
    const query = parts.map(({ part }) => part);
    const vector = await queryVector(loaded, query, { truncate });
    const began = performance.now();
    const results = await index.search(vector, { top, where, to, exact });
    const ms = performance.now() - began;
    const title = titleOf(parts);
    if (figure !== undefined) await drawFigure(figure, title, parts, results);
    if (json) {
      const of = parts.map(({ of, weight }) => ({ ...of, weight }));
      printJson({ query: title, parts: of, model: loaded.name, ms, results });
    } else {
      for (const hit of results) printLine(`${hit.score.toFixed(4)}  ${saidOf(hit)}`);
      if (results.length === 0) note('nothing found');
    }
  } finally {
    index.close();
  }
}

function saidOf({ id, label, caption }: SearchHit): string {
  return [id, label, caption === id ? undefined : caption].filter((text) => text !== undefined).join(' · ');
}

async function readParts(images: string[], texts: string[], weights?: number[]): Promise<Part[]> {
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const parts: Part[] = [];
  for (const image of images) {
    const weight = weights?.[parts.length] ?? 1;
    parts.push({ of: { image }, weight, part: { picture: await readPicture(image), weight } });
  }
  for (const text of texts) {
    const weight = weights?.[parts.length] ?? 1;
    parts.push({ of: { text }, weight, part: { text, weight } });
  }
  return parts;
}

/** Such as `x.png + 0.5 × "but blue"`; of a single part with weight 1, that alone. */
function titleOf(parts: readonly Part[]): string {
  const [first] = parts;
  if (parts.length === 1 && first!.weight === 1)
    return 'text' in first!.of ? first!.of.text : first!.of.image;
  return parts
    .map(({ of, weight }, i) => {
      const name = 'text' in of ? `"${of.text}"` : of.image;
      const sign = weight < 0 ? (i === 0 ? '−' : ' − ') : i === 0 ? '' : ' + ';
      return `${sign}${Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} × `}${name}`;
    })
    .join('');
}

async function drawFigure(
  path: string,
  title: string,
  parts: readonly Part[],
  hits: SearchHit[],
): Promise<void> {
  const { searchSheet } = await import('../tasks/search/search-sheet.node.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const asked = parts.flatMap(({ of, part }) =>
    'image' in of && 'picture' in part ? [{ name: of.image, picture: part.picture }] : [],
  );
  await writeFileAtomic(path, await searchSheet({ title, asked, hits, onNote: note }));
  note(`wrote ${path}`);
}
