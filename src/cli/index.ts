// clip-tfjs index: pictures and texts, made searchable; index --check and index dups look at what was made.
import { type Command, Option } from 'commander';
import type { Built } from '../tasks/search/build-index.node.ts';
import type { Recall } from '../tasks/search/recall.node.ts';
import { registerDups } from './index-dups.ts';
import { loadIndexModel } from './index-model.ts';
import { wholeNumber } from './numbers.ts';
import { type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, progressBars, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  out?: string;
  check?: string;
  split: 'train' | 'test';
  truncate?: boolean;
  batch?: number;
  exactUpTo?: number;
  json?: boolean;
}

export function registerIndex(program: Command): void {
  const command = program
    .command('index')
    .summary('make pictures and texts searchable')
    .description(
      'Encodes pictures and texts into an index that `search` asks. Run again, it encodes what is new or changed, takes out what is gone and leaves the rest; ended at any moment, the same command goes on.',
    )
    .argument(
      '[spec...]',
      'folders with all below them, pictures, tables (.csv, .tsv, .jsonl) with a column of pictures, .txt files with a text a line, shapes, cifar100',
    )
    .option(
      '--out <dir|uri>',
      'where to: a folder of its own, or what LanceDB takes, such as s3://bucket/path',
    )
    .option('--check <dir|uri>', 'how much of what an exact search finds the approximate index finds')
    .addOption(
      new Option('--split <name>', 'of shapes and cifar100').choices(['train', 'test']).default('test'),
    )
    .option(
      '--exact-up-to <rows>',
      'search exactly up to so many (default: 10,000 vectors of 512 numbers)',
      wholeNumber(0),
    )
    .option('--truncate', 'cut texts over the context length instead of refusing them')
    .option(
      '--batch <n>',
      'how many at once (default: as many as are fast and fit the memory)',
      wholeNumber(1),
    );
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs index photos --out photos.index --model ViT-B/32
  clip-tfjs index pairs.csv captions.txt --out both.index
  clip-tfjs index photos --out s3://bucket/photos.index     with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT
  clip-tfjs index --check photos.index
  clip-tfjs index dups photos.index --above 0.98`,
    )
    .action(run);
  registerDups(command);
}

async function run(specs: string[], options: Options, command: Command): Promise<void> {
  const { out, check, split, truncate, batch, exactUpTo, json } = options;
  if (check !== undefined) {
    if (out !== undefined || specs.length > 0)
      throw new UsageError('--check looks at an index: nothing else beside it');
    return checkIndex(check, json);
  }
  if (specs.length === 0) throw new UsageError('nothing to index: expected pictures or texts');
  if (out === undefined) throw new UsageError('--out: expected where the index is, or is to be');
  const { buildIndex } = await import('../tasks/search/build-index.node.ts');
  const loaded = await loadIndexModel(out, options, command);
  const bars = progressBars();
  const began = performance.now();
  const build = { split, truncate, batch, exactUpTo, onProgress: bars.update, onNote: note };
  const built = await buildIndex(loaded, specs, out, build).finally(bars.stop);
  const seconds = (performance.now() - began) / 1000;
  if (json) printJson({ index: out, model: loaded.name, backend: loaded.backend, ...built, seconds });
  else printBuilt(out, built, seconds);
}

function printBuilt(out: string, { sides, broken, busy }: Built, seconds: number): void {
  for (const [side, { rows, exact, ...counts }] of Object.entries(sides)) {
    const what = Object.entries(counts).filter(([, count]) => count > 0);
    const said = what.map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing there';
    const how = exact ? 'a search looks at all of them' : 'searched through an approximate index';
    printLine(`${side === 'image' ? 'pictures' : 'texts'} in ${out}: ${rows} (${said}); ${how}`);
  }
  const share = busy > 0 ? `; the engine was busy for ${(100 * busy).toFixed(0)}% of encoding pictures` : '';
  printLine(`${seconds.toFixed(1)} s${share}`);
  if (broken.length > 0) printLine(`${broken.length} pictures could not be read and are not in it`);
}

async function checkIndex(uri: string, json: boolean | undefined): Promise<void> {
  const { indexRecall } = await import('../tasks/search/recall.node.ts');
  const bars = progressBars();
  const recalls = await indexRecall(uri, { onProgress: bars.update }).finally(bars.stop);
  if (json) printJson({ index: uri, recalls });
  else for (const recall of recalls) printLine(recallLine(recall));
}

function recallLine({ to, by, rows, queries, exact, recallAt10, exactMs, ms }: Recall): string {
  const asked = `${rows} ${to}s asked by ${queries} ${by}s`;
  if (exact) return `${asked}: exact, ${exactMs.toFixed(1)} ms (no approximate index: nothing to compare)`;
  return `${asked}: recall@10 ${recallAt10.toFixed(3)}, ${ms.toFixed(1)} ms; exact ${exactMs.toFixed(1)} ms`;
}
