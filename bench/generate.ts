// How often a picture made from a text is recognised, by the model it was made through and by one trained apart from it:
//
//   npx tsx bench/generate.ts [--steps 100] [--seed 1] [--shapes 0,4] [--backend wasm] [--threads 1]
//     [--work FOLDER] [--figure grid.png]
//
// Labels, for each of `--shapes` one of each colour and of each shape (0,4,7 gives thirty), by the three ways, and by bare pixels: no windows, no noise,
// no total variation, which is what deceives an encoder. Neither labels nor seed are those that settings were chosen with.
// Every picture is kept in FOLDER, and one that is there is not made again: `--judge-only` asks another judge about them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import { SEEN } from '../src/data/shapes/classes.ts';
import { classify, contactSheet, FINE_NAMES, load, readPicture, zeroShotHead } from '../src/index.ts';
import { WAYS } from '../src/tasks/generate/canvas.ts';
import { generatePicture } from '../src/tasks/generate/index.node.ts';
import { WHOLE } from '../src/tasks/generate/views.ts';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    shapes: { type: 'string', default: '0,4' },
    ways: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
    judge: { type: 'string', default: 'judge' },
    work: { type: 'string', default: '.bench/generate' },
    figure: { type: 'string', default: 'generate.png' },
    'judge-only': { type: 'boolean', default: false },
  },
});
const { work } = values;
const engine = { backend: values.backend, threads: Number(values.threads) };
const [steps, seed] = [Number(values.steps), Number(values.seed)];
const BARE = 'bare pixels';
const ways = values.ways?.split(',') ?? [...WAYS, BARE];
const fine = values.shapes
  .split(',')
  .map(Number)
  .flatMap((shape) => Array.from({ length: 10 }, (_, colour) => 10 * colour + ((shape + 3 * colour) % 10)));
mkdirSync(work, { recursive: true });
const pictureFile = (way: string, label: string): string =>
  join(work, `${way} ${label} ${seed} ${steps}.png`);

const spent = new Map<string, number[]>();
const mini = await load('mini', engine);
for (const label of values['judge-only'] ? [] : fine.map((index) => FINE_NAMES[index]!)) {
  for (const way of ways.filter((one) => !existsSync(pictureFile(one, label)))) {
    const by = WAYS.find((one) => one === way) ?? 'pixels';
    const bare = way === BARE ? { views: WHOLE, variation: 0 } : {};
    const text = `${/^[aeiou]/.test(label) ? 'an' : 'a'} ${label}`;
    const { picture, seconds, cosine } = await generatePicture(mini, text, { by, ...bare, steps, seed });
    writeFileSync(
      pictureFile(way, label),
      encodePng(picture.data as Uint8Array, picture.width, picture.height),
    );
    spent.set(way, [...(spent.get(way) ?? []), seconds]);
    process.stderr.write(`${way} ${label}: ${seconds.toFixed(1)} s, cosine ${cosine.toFixed(3)}\n`);
  }
}

const judge = await load(values.judge, engine);
const heads = await Promise.all([mini, judge].map((model) => zeroShotHead(model, FINE_NAMES)));
/** What a model says of every label's picture by a way; labels without a picture are passed over. */
async function verdicts(way: string): Promise<{ index: number; said: string[] }[]> {
  const made = fine.filter((index) => existsSync(pictureFile(way, FINE_NAMES[index]!)));
  const pictures = await Promise.all(made.map((index) => readPicture(pictureFile(way, FINE_NAMES[index]!))));
  const rows = await Promise.all([mini, judge].map((model, i) => classify(model, pictures, heads[i]!, 1)));
  return made.map((index, at) => ({ index, said: rows.map((row) => row[at]![0]!.label) }));
}

const found = new Map(await Promise.all(ways.map(async (way) => [way, await verdicts(way)] as const)));
const share = (rows: { index: number; said: string[] }[], model: number): string => {
  const right = rows.filter(({ index, said }) => said[model] === FINE_NAMES[index]).length;
  return rows.length === 0
    ? '–'
    : `${((100 * right) / rows.length).toFixed(0)} % (${right} of ${rows.length})`;
};
console.log('| by | mini, which was optimised | the judge | the judge, combinations never trained on |');
console.log('| --- | --- | --- | --- |');
for (const [way, rows] of found) {
  const unseen = rows.filter(({ index }) => !SEEN[index]);
  console.log(`| ${way} | ${share(rows, 0)} | ${share(rows, 1)} | ${share(unseen, 1)} |`);
}
const wrong = [...found].map(([way, rows]) => {
  const few = rows.filter(({ index, said }) => said[1] !== FINE_NAMES[index]);
  return `${way}: ${few.map(({ index, said }) => `${FINE_NAMES[index]} → ${said[1]}`).join(', ')}`;
});
for (const [way, seconds] of spent) {
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  console.log(`${way}: ${mean.toFixed(1)} s a picture`);
}
console.log(`\nwhat the judge says instead:\n${wrong.join('\n')}`);

// A row a label, a column a way: the first labels that every way has a picture of.
const shown = fine
  .filter((index) => ways.every((way) => existsSync(pictureFile(way, FINE_NAMES[index]!))))
  .slice(0, 6);
const tiles = shown.flatMap((index) =>
  ways.map(async (way) => {
    const said = found.get(way)!.find((row) => row.index === index)!.said[1]!;
    const right = said === FINE_NAMES[index];
    const picture = await readPicture(pictureFile(way, FINE_NAMES[index]!));
    return { picture, caption: right ? `${said} ✓` : said, marked: !right };
  }),
);
const columns = { title: ways.join(' · '), note: 'as the second model calls them', columns: ways.length };
const sheet = await contactSheet(await Promise.all(tiles), {
  ...columns,
  mark: 'not what was asked for',
  side: 112,
});
writeFileSync(values.figure, await sharp(sheet).png({ palette: true, colours: 64, effort: 10 }).toBuffer());
