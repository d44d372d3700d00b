// The stored vectors themselves, some rows at a time or at places of chance.
import type { Table } from '@lancedb/lancedb';
import type { RecordBatch } from 'apache-arrow';
import { joinParts } from '../join-parts.ts';

export interface VectorRows {
  ids: string[];
  /** [ids.length, width] */
  vectors: Float32Array;
}

/** All rows of a table in its order, `size` at a time. */
export async function* vectorBlocks(table: Table, size: number): AsyncGenerator<VectorRows> {
  let block: VectorRows[] = [];
  let count = 0;
  for await (const batch of table.query().select(['id', 'vector'])) {
    for (let from = 0; from < batch.numRows; ) {
      const to = Math.min(batch.numRows, from + size - count);
      block.push(rowsOf(batch.slice(from, to)));
      count += to - from;
      from = to;
      if (count < size) continue;
      yield joined(block);
      [block, count] = [[], 0];
    }
  }
  if (count > 0) yield joined(block);
}

/** The rows at these places in the table's order. */
export async function vectorsAt(table: Table, offsets: readonly number[]): Promise<VectorRows> {
  const found = await table
    .takeOffsets([...offsets])
    .select(['id', 'vector'])
    .toArrow();
  return joined(found.batches.map((batch) => rowsOf(batch)));
}

function rowsOf(batch: RecordBatch): VectorRows {
  const [ids, vectors] = [batch.getChild('id')!, batch.getChild('vector')!];
  const rows = Array.from({ length: batch.numRows }, (_, i) => vectors.get(i).toArray() as Float32Array);
  return { ids: Array.from(ids, String), vectors: joinParts(rows) };
}

function joined(blocks: readonly VectorRows[]): VectorRows {
  return { ids: blocks.flatMap(({ ids }) => ids), vectors: joinParts(blocks.map(({ vectors }) => vectors)) };
}
