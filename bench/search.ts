// Search of many vectors: p50 and p95 of a search, recall@10 against exact search, the time to build, the size on disk.
// And how far indexing keeps up with the encoder.
//
//   npx tsx bench/search.ts                                  1,000,000 × 512, vectors as embeddings are (minutes to hours)
//   npx tsx bench/search.ts --kind random                    the worst case: nothing to sort vectors by
//   npx tsx bench/search.ts --rows 10000,20000,40000 --exact where exact search gets slower than 20 ms
//   npx tsx bench/search.ts --pictures 2000                  indexing beside embed (after npm run build)
//
// Two cores: begin with `taskset -c 0,1`. The data lie in a temporary folder (2.1 GB for a million), which is removed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keepApproximate } from '../src/tasks/search/approximate.node.ts';
import { nearest } from '../src/tasks/search/nearest.node.ts';
import { makeTable, openStore, type Store } from '../src/tasks/search/store.node.ts';
import { TableWriter } from '../src/tasks/search/writer.node.ts';
import { writePictures } from './pictures.ts';
import { type VectorKind, Vectors } from './search-vectors.ts';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    width: { type: 'string', default: '512' },
    kind: { type: 'string', default: 'embeddings' },
    queries: { type: 'string', default: '200' },
    probes: { type: 'string', default: '' },
    exact: { type: 'boolean', default: false },
    pictures: { type: 'string' },
    backend: { type: 'string', default: 'native' },
    model: { type: 'string', default: 'mini' },
  },
});
const WIDTH = Number(flags.width);
const QUERIES = Number(flags.queries);
const CHUNK = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

if (flags.pictures !== undefined) await indexing(Number(flags.pictures));
else for (const rows of flags.rows.split(',').map(Number)) await searching(rows);

async function searching(rows: number): Promise<void> {
  const uri = join(folder, String(rows));
  const vectors = new Vectors(flags.kind as VectorKind, WIDTH);
  const store = await filled(uri, rows, vectors);
  const table = store.tables.image!;
  const asked = vectors.draw(QUERIES, 'queries'); // of the same distribution, none of them in the table
  const exact = await timed((vector) => nearest(table, vector, { top: 10, exact: true }), asked);
  const common = { kind: flags.kind, rows, width: WIDTH, queries: QUERIES };
  console.log(JSON.stringify({ ...common, search: 'exact', ...exact.times }));
  if (flags.exact) return;
  const began = performance.now();
  await keepApproximate(store.packages, table, WIDTH, true, { exactUpTo: 0 });
  const buildSeconds = (performance.now() - began) / 1000;
  const indexMB = megabytes(join(uri, 'pictures.lance/_indices'));
  const allMB = megabytes(uri);
  for (const probes of flags.probes === '' ? [undefined] : flags.probes.split(',').map(Number)) {
    const found = await timed((vector) => nearest(table, vector, { top: 10, probes }), asked);
    const same = found.ids.flatMap((ids, i) => ids.filter((id) => exact.ids[i]!.includes(id)));
    const recallAt10 = same.length / (10 * QUERIES);
    const how = { search: 'approximate', ...(probes !== undefined && { probes }), recallAt10 };
    console.log(JSON.stringify({ ...common, ...how, ...found.times, buildSeconds, indexMB, allMB }));
  }
}

async function filled(uri: string, rows: number, vectors: Vectors): Promise<Store> {
  const store = await openStore(uri);
  const made = { format: 1, model: 'none', weights: 'none', settings: '[]', width: WIDTH };
  const table = await makeTable(store, 'image', made);
  const writer = new TableWriter(store, table, () => false);
  for (let start = 0; start < rows; start += CHUNK) {
    const count = Math.min(CHUNK, rows - start);
    const names = Array.from({ length: count }, (_, i) => ({ id: `${start + i}`, stamp: '', source: '' }));
    await writer.write(names, vectors.draw(count, `rows ${start}`));
    if (process.stderr.isTTY) process.stderr.write(`\r${start + count} of ${rows} rows`);
  }
  await writer.end();
  await table.optimize();
  return { ...store, tables: { image: table } };
}

/** One at a time; the first ten, which read what later ones find in memory, are not counted. */
async function timed(
  ask: (vector: Float32Array) => Promise<{ id: string }[]>,
  asked: Float32Array,
): Promise<{ ids: string[][]; times: { p50: number; p95: number; cpuMs: number } }> {
  const vector = (i: number): Float32Array => asked.slice(i * WIDTH, (i + 1) * WIDTH);
  for (let i = 0; i < 10; i++) await ask(vector(i));
  const [ids, times]: [string[][], number[]] = [[], []];
  const before = process.cpuUsage();
  for (let i = 0; i < QUERIES; i++) {
    const began = performance.now();
    const found = await ask(vector(i));
    times.push(performance.now() - began);
    ids.push(found.map(({ id }) => id));
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (QUERIES - 1))]!;
  return { ids, times: { p50: at(0.5), p95: at(0.95), cpuMs: (user + system) / 1000 / QUERIES } };
}

function megabytes(path: string): number {
  return Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0]) / 1024;
}

/** Seconds of `embed` and of `index` over the same pictures, as the two commands tell them, in turn. */
async function indexing(count: number): Promise<void> {
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  await writePictures(pictures, count);
  const main = resolve(import.meta.dirname, '../dist/cli/main.js');
  const common = ['--backend', flags.backend, '--model', flags.model, '--json'];
  const run = (...args: string[]): { seconds: number; busy: number } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args, ...common], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  for (let round = 0; round < 3; round++) {
    const embed = run('embed', pictures, '--out', join(folder, `${round}.npy`));
    const index = run('index', pictures, '--out', join(folder, `${round}.index`));
    const share = embed.seconds / index.seconds;
    console.log(
      JSON.stringify({
        pictures: count,
        embed: embed.seconds,
        index: index.seconds,
        share,
        busy: index.busy,
      }),
    );
  }
}
