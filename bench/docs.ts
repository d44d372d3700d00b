// npm run bench:docs: the tables of docs/benchmarks.md that `clip-tfjs bench` gives, written between their markers; all
// other lines of the page are written by hand.
//
//     npx clip-tfjs bench --json > bench/results/bench.json
//     npx tsx bench/embed.ts … --json > bench/results/embed.json
//     npm run bench:docs
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Machine, PEERS, type Row, WORKS } from '../src/bench/work.ts';
import { cell, tableLines } from './markdown.ts';
import { type EndToEnd, targetLines } from './targets.ts';

export interface Results {
  machine: Machine;
  threads: number;
  rounds: number;
  rows: Row[];
}

function readEndToEnd(folder: string): EndToEnd[] {
  const file = join(folder, 'embed.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : [];
}

/** The table of all measurements: a line for each program, a column for each work and batch. */
export function resultLines({ machine, threads, rounds, rows }: Results): string[] {
  const columns = WORKS.flatMap((work) => {
    const batches = new Set(rows.filter((row) => row.work === work).map(({ batch }) => batch));
    return [...batches].sort((a, b) => a - b).map((batch) => ({ work, batch }));
  });
  const engines = [...new Set(rows.map(({ engine }) => engine))].sort(
    (a, b) => Number(PEERS.includes(a)) - Number(PEERS.includes(b)),
  );
  const body = columns.map(({ work, batch }) => [
    batch === 1 && work !== 'image' && work !== 'text' ? work : `${work}, ${batch}`,
    ...engines.map((engine) =>
      cell(rows.find((row) => row.work === work && row.batch === batch && row.engine === engine)),
    ),
  ]);
  const peak = engines.map((engine) =>
    String(
      Math.max(
        ...rows.filter((row) => row.engine === engine && row.work !== 'train').map(({ rssMB }) => rssMB ?? 0),
      ),
    ),
  );
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, Node ${machine.node}; ${threads} threads each, ${rounds} rounds.`,
    '',
    ...tableLines(['ms for one', ...engines], [...body, ['peak MB, no training', ...peak]]),
  ];
}

/** `text` with `lines` between `<!-- name -->` and `<!-- /name -->`. Throws where the markers are not there once each. */
export function replaceBetween(text: string, name: string, lines: readonly string[]): string {
  const [before, ...middle] = text.split(`<!-- ${name} -->`);
  const [, ...after] = middle.join('').split(`<!-- /${name} -->`);
  if (middle.length !== 1 || after.length !== 1)
    throw new Error(`expected one <!-- ${name} --> … <!-- /${name} -->`);
  return `${before}<!-- ${name} -->\n\n${lines.join('\n')}\n\n<!-- /${name} -->${after[0]}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  const results: Results = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8'));
  let text = readFileSync(page, 'utf8');
  text = replaceBetween(text, 'targets', targetLines(results.rows, readEndToEnd(folder)));
  text = replaceBetween(text, 'results', resultLines(results));
  writeFileSync(page, text);
}
