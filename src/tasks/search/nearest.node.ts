// One question to one table: the rows whose vectors lie nearest to a vector, by cosine.
import type { Table, VectorQuery } from '@lancedb/lancedb';

export interface Found {
  id: string;
  score: number;
  label: string | null;
  caption: string | null;
}

export interface NearestOptions {
  top: number;
  where?: string | undefined;
  exact?: boolean | undefined;
  /** Partitions that are looked through; as many as were measured to be enough, unless given. */
  probes?: number | undefined;
}

/** Partitions that are looked through, and how many times what is asked for is compared by its whole vector. */
const PROBES = 80;
const REFINE = 10;

/** The `top` rows nearest to a vector [E], best first; by the approximate index, where there is one and `exact` does not refuse it. */
export async function nearest(
  table: Table,
  vector: Float32Array,
  { top, where, exact = false, probes = PROBES }: NearestOptions,
): Promise<Found[]> {
  let query: VectorQuery = table.query().nearestTo(vector).distanceType('cosine').limit(top);
  query = query.select(['id', 'label', 'caption', '_distance']);
  // Without an approximate index, these say nothing.
  query = exact ? query.bypassVectorIndex() : query.nprobes(probes).refineFactor(REFINE);
  if (where !== undefined) query = query.where(where);
  const rows = await query.toArray();
  return rows.map(({ id, label, caption, _distance }) => ({ id, label, caption, score: 1 - _distance }));
}
