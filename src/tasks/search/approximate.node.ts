// From how many rows on a search looks at some of them only: the vectors are sorted into partitions around middles (an
// inverted file; Jégou et al. 2011), each kept as a bit a dimension (RaBitQ; Gao and Long 2024); a search looks through the
// partitions nearest to it and compares the best by their whole vectors. docs/search.md has what was measured.
import type { Table } from '@lancedb/lancedb';
import { optimize, type Packages } from './lancedb.node.ts';

/** Numbers in a table up to which every vector is looked at: about where that takes 20 ms on two processors. */
const EXACT_NUMBERS = 5_120_000;
/** Below so many rows there is nothing to learn middles from, whatever is asked for. */
const LEAST = 512;
/** Grown so many times since its middles were learned, the index is made anew. */
const GROWN = 4;
const NAME = 'vectors_of_'; // and the rows that it was learned on

export interface ApproximateOptions {
  /** Rows up to which a search is exact; unless given, 10,000 for vectors of 512 numbers, as many more as they are shorter. */
  exactUpTo?: number | undefined;
  /** Called with about how much of the work is through; LanceDB does not tell. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Brings a table that was written to into shape: small files joined, versions of an hour ago and more removed, new rows sorted
 * into the approximate index, and that made, made anew or dropped as the number of rows asks for. Returns whether there is one.
 */
export async function keepApproximate(
  { lancedb }: Packages,
  table: Table,
  width: number,
  isChanged: boolean,
  { exactUpTo = Math.floor(EXACT_NUMBERS / width), onProgress }: ApproximateOptions = {},
): Promise<boolean> {
  const rows = await table.countRows();
  const indices = (await table.listIndices()).filter(({ name }) => name.startsWith(NAME));
  const learnedOn = indices.map(({ name }) => Number(name.slice(NAME.length)))[0];
  const isWanted = rows > Math.max(exactUpTo, LEAST);
  if (isChanged) await optimize(table, { cleanupOlderThan: new Date(Date.now() - HOUR) });
  if (isWanted && (learnedOn === undefined || rows > GROWN * learnedOn)) {
    const told = tellTime(rows * width, onProgress);
    try {
      await table.createIndex('vector', {
        config: lancedb.Index.ivfRq({
          numPartitions: Math.round(Math.sqrt(rows)),
          distanceType: 'cosine',
        }),
        name: `${NAME}${rows}`,
      });
    } finally {
      told();
    }
  }
  for (const { name } of indices) {
    if (!isWanted || rows > GROWN * learnedOn!) await table.dropIndex(name);
  }
  return isWanted;
}

const HOUR = 3_600_000; // ms; who searches meanwhile reads an older version to its end
const NUMBERS_A_SECOND = 8e6; // sorted in, on two processors

/** Tells the time that has passed of what is expected, every second; returns what ends it. */
function tellTime(numbers: number, onProgress: ApproximateOptions['onProgress']): () => void {
  const total = numbers / NUMBERS_A_SECOND;
  let done = 0;
  const timer = setInterval(() => {
    done = Math.min(done + 1, 0.99 * total);
    onProgress?.(done, total);
  }, 1000);
  return () => clearInterval(timer);
}
