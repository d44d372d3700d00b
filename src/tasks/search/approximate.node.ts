// From how many rows on a search looks at some of them only, and at which.
import type { Table, VectorQuery } from '@lancedb/lancedb';
import type { Packages } from './lancedb.node.ts';

/** Partitions that are looked through, and how many times what is asked for is compared by its whole vector. */
const PROBES = 40;
const REFINE = 10;

/** A query that goes by the approximate index where the table has one; without one it is exact as it is. */
export function approximately(query: VectorQuery): VectorQuery {
  return query.nprobes(PROBES).refineFactor(REFINE);
}

/** Keeps the approximate index in step with its table; returns whether there is one. */
export async function keepApproximate(
  _packages: Packages,
  table: Table,
  isChanged: boolean,
  _onProgress: (done: number, total: number) => void,
): Promise<boolean> {
  if (isChanged) await table.optimize();
  return (await table.listIndices()).length > 0;
}
