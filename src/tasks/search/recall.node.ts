// How much of what an exact search finds the approximate index finds, on what is in the index itself.
import type { Table } from '@lancedb/lancedb';
import { randomBits, seedFor } from '../../data/random.ts';
import { withStore } from './lancedb.node.ts';
import { nearest } from './nearest.node.ts';
import { openExisting, SIDES, type Side } from './store.node.ts';
import { vectorsAt } from './vectors.node.ts';

export interface Recall {
  /** What is found. */
  to: Side;
  /** What it is found by: stored pictures or texts, each of which is not among its own results. */
  by: Side;
  /** Rows that are searched. */
  rows: number;
  queries: number;
  /** Whether there is no approximate index: then recall is 1, for both searches are one. */
  exact: boolean;
  /** The share of the ten nearest by exact search that the approximate one gives, 0 … 1. */
  recallAt10: number;
  /** Milliseconds of the middle search. */
  exactMs: number;
  ms: number;
}

const TOP = 10;

/**
 * Asks the index by `queries` of its own rows, chosen by `seed`: pictures by pictures and, where it has texts, by texts, which
 * lie elsewhere, and the same for texts. Throws as openIndex does.
 */
export async function indexRecall(
  uri: string,
  { queries = 100, seed = 0, onProgress }: RecallOptions = {},
): Promise<Recall[]> {
  const store = await openExisting(uri);
  const recalls: Recall[] = [];
  try {
    await withStore(uri, 'searched', async () => {
      for (const to of SIDES) {
        for (const by of SIDES) {
          const [table, asking] = [store.tables[to], store.tables[by]];
          if (!table || !asking) continue;
          recalls.push(await measure(table, asking, { to, by, queries, seed, onProgress }));
        }
      }
    });
  } finally {
    store.connection.close();
  }
  return recalls;
}

export interface RecallOptions {
  queries?: number;
  seed?: number;
  /** Called with what is being done, the queries done so far, and all. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

async function measure(
  table: Table,
  asking: Table,
  {
    to,
    by,
    queries,
    seed,
    onProgress,
  }: Required<Omit<RecallOptions, 'onProgress'>> & Pick<RecallOptions, 'onProgress'> & { to: Side; by: Side },
): Promise<Recall> {
  const [rows, others] = [await table.countRows(), await asking.countRows()];
  const { ids, vectors } = await vectorsAt(asking, places(others, queries, seed));
  const width = vectors.length / ids.length;
  const times: { exact: number[]; approximate: number[] } = { exact: [], approximate: [] };
  let [found, wanted] = [0, 0];
  for (const [i, id] of ids.entries()) {
    const vector = vectors.slice(i * width, (i + 1) * width);
    const ask = async (exact: boolean): Promise<string[]> => {
      const began = performance.now();
      const nearby = await nearest(table, vector, { top: TOP + 1, exact });
      times[exact ? 'exact' : 'approximate'].push(performance.now() - began);
      return nearby
        .map((row) => row.id)
        .filter((other) => to !== by || other !== id)
        .slice(0, TOP);
    };
    const truth = new Set(await ask(true));
    const given = await ask(false);
    wanted += truth.size;
    found += given.filter((other) => truth.has(other)).length;
    onProgress?.(`asking for ${to}s by ${by}s`, i + 1, ids.length);
  }
  const exact = (await table.listIndices()).length === 0;
  const recallAt10 = wanted === 0 ? 1 : found / wanted;
  const [exactMs, ms] = [times.exact, times.approximate].map(middle);
  return { to, by, rows, queries: ids.length, exact, recallAt10, exactMs: exactMs!, ms: ms! };
}

/** Different places, ascending. */
function places(count: number, wanted: number, seed: number): number[] {
  const bits = randomBits(seedFor(seed, 'recall'));
  const chosen = new Set<number>();
  while (chosen.size < Math.min(wanted, count)) chosen.add(bits() % count);
  return [...chosen].sort((a, b) => a - b);
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
