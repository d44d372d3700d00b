// Pairs in an index that are nearly one: every row is compared with every other, in blocks of products.

import type { Table } from '@lancedb/lancedb';
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../../errors.ts';
import { withStore } from './lancedb.node.ts';
import { openExisting, type Side } from './store.node.ts';
import { type VectorRows, vectorBlocks } from './vectors.node.ts';

export interface Pair {
  a: string;
  b: string;
  /** Their cosine. */
  score: number;
}

export interface Duplicates {
  side: Side;
  rows: number;
  /** The likest first. */
  pairs: Pair[];
  /** Whether there are more than were kept. */
  cut: boolean;
}

export interface DuplicateOptions {
  /** The cosine above which a pair is told, −1 … 1. */
  above: number;
  /** Pictures where the index has some, unless given. */
  side?: Side | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const HELD = 16_384; // rows that are compared with all others in one reading of the table
const BLOCK = 2048;
const MOST = 100_000; // pairs

/**
 * Pairs above a cosine, exactly, on the engine that is running: rows² / 2 products of vectors. Throws ClipError for a cosine
 * that is none, a side that is not there, and as openIndex does.
 */
export async function duplicates(
  uri: string,
  { above, side, onProgress }: DuplicateOptions,
): Promise<Duplicates> {
  if (!(above >= -1 && above < 1)) {
    throw new ClipError('the cosine of a pair', { expected: 'a number from -1, below 1', got: above });
  }
  const store = await openExisting(uri);
  try {
    const of = side ?? (store.tables.image ? 'image' : 'text');
    const table = store.tables[of];
    if (!table) throw new ClipError(`${uri} has no ${of === 'image' ? 'pictures' : 'texts'}`);
    return await withStore(uri, 'read', async () => {
      await table.checkout(await table.version()); // one state of it, whoever writes meanwhile
      return { side: of, ...(await compare(table, above, onProgress)) };
    });
  } finally {
    store.connection.close();
  }
}

async function compare(
  table: Table,
  above: number,
  onProgress: DuplicateOptions['onProgress'],
): Promise<Omit<Duplicates, 'side'>> {
  const rows = await table.countRows();
  const pairs: Pair[] = [];
  const total = (rows * rows) / 2;
  let done = 0;
  let heldAt = 0;
  for await (const held of vectorBlocks(table, HELD)) {
    let at = 0;
    for await (const others of vectorBlocks(table, BLOCK)) {
      // A pair is found from its earlier row: blocks that end before this one begins were compared already.
      if (at + others.ids.length > heldAt) {
        for (const [from, part] of parts(held)) {
          await pairsOf(part, others, heldAt + from - at, above, pairs);
          if (pairs.length > MOST) return { rows, pairs: sorted(pairs).slice(0, MOST), cut: true };
        }
      }
      at += others.ids.length;
      done += (held.ids.length * others.ids.length) / 2;
      onProgress?.(done, total);
    }
    heldAt += held.ids.length;
  }
  return { rows, pairs: sorted(pairs), cut: false };
}

/** Blocks of what is held, each with its place in it. */
function* parts({ ids, vectors }: VectorRows): Generator<[from: number, part: VectorRows]> {
  const width = vectors.length / ids.length;
  for (let from = 0; from < ids.length; from += BLOCK) {
    const to = Math.min(ids.length, from + BLOCK);
    yield [from, { ids: ids.slice(from, to), vectors: vectors.subarray(from * width, to * width) }];
  }
}

/** Adds the pairs of a row of `part` and a later one of `others`; `ahead` is how much later `part` begins in the table. */
async function pairsOf(
  part: VectorRows,
  others: VectorRows,
  ahead: number,
  above: number,
  pairs: Pair[],
): Promise<void> {
  const [n, m] = [part.ids.length, others.ids.length];
  if (ahead >= m) return; // all of them come before
  const width = part.vectors.length / n;
  const products = tf.tidy(() => {
    const [a, b] = [tf.tensor2d(part.vectors, [n, width]), tf.tensor2d(others.vectors, [m, width])];
    return tf.matMul(a, b, false, true); // [n, m]
  });
  const cosines = await products.data();
  products.dispose();
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i + ahead + 1); j < m; j++) {
      const score = cosines[i * m + j]!;
      if (score > above) pairs.push({ a: part.ids[i]!, b: others.ids[j]!, score });
    }
  }
}

function sorted(pairs: Pair[]): Pair[] {
  return pairs.sort((one, other) => other.score - one.score);
}
