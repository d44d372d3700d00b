// What a table holds already, by name. Two writers at once at an object store, where no lock keeps them apart, may both have
// added a picture: whoever reads the table next takes the second out.
import type { Table } from '@lancedb/lancedb';
import { withStore } from './lancedb.node.ts';
import type { Store } from './store.node.ts';

export type Known = Map<string, { stamp: string; source: string }>;

const DELETED = 5000; // rows in one command
const TRIES = 5;

/** What is there, each name once: about 200 bytes a row. Rows beyond the first of a name are removed. */
export async function readKnown(store: Store, table: Table): Promise<Known> {
  for (let tries = 1; ; tries++) {
    const { known, doubled } = await withStore(store.uri, 'read', () => read(table));
    const removed = await withStore(store.uri, 'written', () => removeRows(table, doubled));
    // Where another writer joined files meanwhile, the rows are elsewhere now.
    if (removed === doubled.length || tries === TRIES) return known;
  }
}

async function read(table: Table): Promise<{ known: Known; doubled: bigint[] }> {
  const known: Known = new Map();
  const sources = new Map<string, string>(); // each text once in memory
  const doubled: bigint[] = [];
  await table.checkoutLatest();
  for await (const batch of table.query().select(['id', 'stamp', 'source']).withRowId()) {
    const [ids, stamps, from, rows] = ['id', 'stamp', 'source', '_rowid'].map(
      (name) => batch.getChild(name)!,
    );
    for (let i = 0; i < batch.numRows; i++) {
      const [id, source]: [string, string] = [ids!.get(i), from!.get(i)];
      if (!sources.has(source)) sources.set(source, source);
      if (known.has(id)) doubled.push(rows!.get(i));
      else known.set(id, { stamp: stamps!.get(i), source: sources.get(source)! });
    }
  }
  return { known, doubled };
}

async function removeRows(table: Table, rows: readonly bigint[]): Promise<number> {
  let removed = 0;
  for (let start = 0; start < rows.length; start += DELETED) {
    const list = rows.slice(start, start + DELETED).join(', ');
    removed += (await table.delete(`_rowid IN (${list})`)).numDeletedRows;
  }
  return removed;
}
