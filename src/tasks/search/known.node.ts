// What a table holds already, by name. Two writers at once at an object store, where no lock keeps them apart, may both have
// added a picture: whoever reads the table next takes the second out.
import type { Table } from '@lancedb/lancedb';
import { withStore } from './lancedb.node.ts';
import type { Store } from './store.node.ts';

export type Known = Map<string, { stamp: string; source: string }>;

const DELETED = 5000; // rows in one command

/** What is there, each name once: about 200 bytes a row. Rows beyond the first of a name are removed. */
export async function readKnown(store: Store, table: Table): Promise<Known> {
  const known: Known = new Map();
  const sources = new Map<string, string>(); // each text once in memory
  const doubled: bigint[] = [];
  await withStore(store.uri, 'read', async () => {
    for await (const batch of table.query().select(['id', 'stamp', 'source']).withRowId()) {
      const [ids, stamps, from, rows] = ['id', 'stamp', 'source', '_rowid'].map(
        (name) => batch.getChild(name)!,
      );
      for (let i = 0; i < batch.numRows; i++) {
        const source: string = from!.get(i);
        if (!sources.has(source)) sources.set(source, source);
        const id: string = ids!.get(i);
        if (known.has(id)) doubled.push(rows!.get(i));
        else known.set(id, { stamp: stamps!.get(i), source: sources.get(source)! });
      }
    }
  });
  await withStore(store.uri, 'written', async () => {
    for (let start = 0; start < doubled.length; start += DELETED) {
      await table.delete(`_rowid IN (${doubled.slice(start, start + DELETED).join(', ')})`);
    }
  });
  return known;
}
