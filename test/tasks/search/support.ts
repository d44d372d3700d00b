// An index of vectors that no model made, and one of a few pictures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { normal, randomBits, seedFor } from '../../../src/data/random.ts';
import { normalizeRows } from '../../../src/tasks/normalize-rows.ts';
import { FORMAT, type MadeWith } from '../../../src/tasks/search/made-with.ts';
import {
  makeTable,
  openStore,
  type Row,
  type Side,
  type Store,
} from '../../../src/tasks/search/store.node.ts';
import { TableWriter } from '../../../src/tasks/search/writer.node.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

export const WIDTH = 128;
export const MADE: MadeWith = {
  format: FORMAT,
  model: 'none',
  weights: 'none',
  settings: '[]',
  width: WIDTH,
};

/** [count, WIDTH], each of length 1. */
export function vectors(count: number, name: string): Float32Array {
  const bits = randomBits(seedFor(0, name));
  const rows = Float32Array.from({ length: count * WIDTH }, () => normal(bits));
  normalizeRows(rows, WIDTH);
  return rows;
}

export async function fill(
  uri: string,
  rows: readonly Row[],
  values: Float32Array,
  side: Side = 'image',
): Promise<Store> {
  const store = await openStore(uri);
  const table = store.tables[side] ?? (await makeTable(store, side, MADE));
  const writer = new TableWriter(store, table, () => false, 500);
  await writer.write(rows, values);
  await writer.end();
  return { ...store, made: MADE, tables: { ...store.tables, [side]: table } };
}

export function named(count: number, name: string): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${name} ${i}`,
    stamp: '',
    source: name,
    label: i % 2 === 0 ? 'even' : "odd's",
  }));
}
