// clip-tfjs index dups: pairs in an index that are nearly one.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Side } from '../tasks/search/store.node.ts';
import { type EngineOptions, withEngine } from './options.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

interface Options extends EngineOptions {
  above: number;
  of?: Side;
  json?: boolean;
}

export function registerDups(index: Command): void {
  const command = index
    .command('dups')
    .summary('pairs that are nearly one')
    .description(
      'Pairs in an index whose cosine is above a number, the likest first: every row is compared with every other. Nothing is removed.',
    )
    .argument('<dir|uri>', 'what clip-tfjs index made')
    .requiredOption('--above <cosine>', 'the cosine above which a pair is told, such as 0.98', cosine)
    .addOption(
      new Option('--of <side>', 'what to compare (default: image, where there are some)').choices([
        'image',
        'text',
      ]),
    );
  withEngine(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  clip-tfjs index dups photos.index --above 0.98`,
    )
    .action(run);
}

function cosine(value: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (number >= -1 && number < 1) return number;
  throw new InvalidArgumentError('expected a number from -1, below 1.');
}

async function run(uri: string, { above, of, backend, threads, json }: Options): Promise<void> {
  const { openIndex } = await import('../tasks/search/search-index.node.ts');
  (await openIndex(uri)).close(); // told before an engine is started for it
  const { duplicates } = await import('../tasks/search/duplicates.node.ts');
  const { startEngine } = await import('../backend/engines.node.ts');
  note(`engine: ${await startEngine(backend, { threads, onNote: note })}`);
  const bar = progressBar('comparing');
  const found = await duplicates(uri, { above, side: of, onProgress: bar.update }).finally(bar.stop);
  if (json) {
    printJson({ index: uri, above, ...found });
    return;
  }
  const { side, rows, pairs, cut } = found;
  for (const { a, b, score } of pairs) printLine(`${score.toFixed(4)}  ${a}  ${b}`);
  const what = side === 'image' ? 'pictures' : 'texts';
  const more = cut ? ', and more: they were not all looked for' : '';
  note(`${pairs.length} pairs above ${above} among ${rows} ${what}${more}`);
}
