// Pictures and texts → an index: what is new or changed is encoded and stored, what is gone is taken out, the rest stays.
// Whatever ends this, all that was committed is kept, and the same call goes on from there.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from '@lancedb/lancedb';
import { takeLock } from '../../checkpoint/download/lock.node.ts';
import { subset } from '../../data/sets/order.ts';
import { pictureName } from '../../data/sets/pictures.node.ts';
import { checkWritable } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { encodePictures } from '../embed-pictures.node.ts';
import { embedTexts } from '../embed-texts.ts';
import { freeMemory } from '../free-memory.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { normalizeRows } from '../normalize-rows.ts';
import { keepApproximate } from './approximate.node.ts';
import { readKnown } from './known.node.ts';
import { withStore } from './lancedb.node.ts';
import { checkMadeWith, madeWith } from './made-with.ts';
import { openSource, pictureRow, type Source, textRow } from './sources.node.ts';
import { isFolder, makeTable, openStore, type Row, type Side, type Store } from './store.node.ts';
import { TableWriter } from './writer.node.ts';

export interface BuildOptions {
  /** Of shapes, cifar100 and a path to CIFAR-100; test, unless given. */
  split?: 'train' | 'test' | undefined;
  /** Pictures or texts in one call of the model. */
  batch?: number | undefined;
  /** Rows up to which a search is exact; as in ApproximateOptions, unless given. */
  exactUpTo?: number | undefined;
  /** Rows in a commit at most: what is lost where the process is killed; 4096, and seconds' worth at most, unless given. */
  commitRows?: number | undefined;
  /** Cut texts over the context length instead of refusing them. */
  truncate?: boolean | undefined;
  /** Called with what is being done, how much of it is through and how much there is. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  /** Called with what the user should know: pictures that cannot be read, files that are passed over. */
  onNote?: ((note: string) => void) | undefined;
}

/** What happened to a side of the index. */
export interface BuiltSide {
  rows: number;
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  /** Whether a search looks at every row. */
  exact: boolean;
}

export interface Built {
  sides: Partial<Record<Side, BuiltSide>>;
  /** Pictures that could not be read: they are not in the index. */
  broken: { name: string; reason: string }[];
  /** The share of the time in which the engine was at work on pictures, 0 … 1. */
  busy: number;
}

/**
 * Indexes what `specs` name (see openSource) at `uri`: a folder, or any URI that LanceDB takes. Rows that came from the same
 * specs before and are there no more are taken out; those from others stay. Throws ClipError for a spec that is nothing, a
 * folder that is something else, an index of another model or version, another writer at work (told for folders only), a
 * full disk, texts over the context length.
 */
export async function buildIndex(
  loaded: LoadedModel,
  specs: readonly string[],
  uri: string,
  options: BuildOptions = {},
): Promise<Built> {
  if (specs.length === 0)
    throw new ClipError('nothing to index', { expected: 'pictures or texts', got: 'none' });
  const sources: Source[] = [];
  for (const spec of specs) sources.push(await openSource(spec, options.split ?? 'test'));
  for (const { notes } of sources) for (const line of notes) options.onNote?.(line);
  return writing(uri, async () => {
    const store = await openStore(uri);
    try {
      if (store.made) await checkMadeWith(uri, store.made, loaded);
      return await update(loaded, sources, store, options);
    } finally {
      store.connection.close();
    }
  });
}

/** Alone: of a folder, the lock says so; elsewhere two may write at once, and what both added is put right (readKnown). */
async function writing<T>(uri: string, write: () => Promise<T>): Promise<T> {
  if (!isFolder(uri)) return write();
  await checkWritable(uri, 'give another --out');
  refuseOther(uri);
  const release = await takeLock(join(uri, 'index'), uri, 'written');
  try {
    return await write();
  } finally {
    await release();
  }
}

/** A folder of someone's own things is no place for tables. */
function refuseOther(folder: string): void {
  const others = readdirSync(folder).filter(
    (name) => !name.startsWith('.') && !/^(pictures|texts)\.lance$/.test(name),
  );
  if (others.length === 0) return;
  throw new ClipError(`${folder} holds other things than an index`, {
    got: others.slice(0, 3).join(', '),
    hint: 'give a folder of its own as --out',
  });
}

async function update(
  loaded: LoadedModel,
  sources: Source[],
  store: Store,
  options: BuildOptions,
): Promise<Built> {
  const built: Built = { sides: {}, broken: [], busy: 0 };
  for (const side of ['image', 'text'] as const) {
    const isGiven = sources.some((source) => (side === 'image' ? source.pictures : source.texts.length > 0));
    const table =
      store.tables[side] ?? (isGiven ? await makeTable(store, side, await madeWith(loaded)) : undefined);
    if (!table) continue;
    const known = await readKnown(store, table);
    const seen = new Set<string>();
    const writer = new TableWriter(store, table, (id) => known.has(id), options.commitRows);
    const counts = { added: 0, changed: 0, removed: 0, unchanged: 0 };
    /** Whether a row must be encoded; each is asked for once. */
    const isPending = ({ id, stamp }: Row): boolean => {
      if (seen.has(id)) return false;
      seen.add(id);
      const before = known.get(id);
      if (before?.stamp === stamp) counts.unchanged += 1;
      return before?.stamp !== stamp;
    };
    const write = async (rows: Row[], vectors: Float32Array): Promise<void> => {
      normalizeRows(vectors, loaded.model.config.embed_dim);
      for (const { id } of rows) counts[known.has(id) ? 'changed' : 'added'] += 1;
      await writer.write(rows, vectors);
    };
    for (const source of sources) {
      if (side === 'image') await addPictures(loaded, source, isPending, write, seen, built, options);
      else await addTexts(loaded, source, isPending, write, options);
    }
    const given = new Set(sources.map(({ spec }) => spec));
    const gone = [...known]
      .filter(([id, { source }]) => given.has(source) && !seen.has(id))
      .map(([id]) => id);
    await writer.remove(gone);
    counts.removed = gone.length;
    // Another writer was there meanwhile: what both added is taken out by the one that ends last.
    const rows = known.size + counts.added - counts.removed;
    if (counts.added > 0 && (await countRows(store, table)) !== rows) await readKnown(store, table);
    const isChanged = counts.added + counts.changed + counts.removed > 0;
    const width = loaded.model.config.embed_dim;
    const { exactUpTo, onProgress } = options;
    const approximate = await withStore(store.uri, 'written', () =>
      keepApproximate(store.packages, table, width, isChanged, {
        exactUpTo,
        onProgress: (done, total) => onProgress?.(`sorting ${side}s into partitions`, done, total),
      }),
    );
    built.sides[side] = { rows: await countRows(store, table), ...counts, exact: !approximate };
  }
  return built;
}

async function countRows(store: Store, table: Table): Promise<number> {
  return withStore(store.uri, 'read', async () => {
    await table.checkoutLatest();
    return table.countRows();
  });
}

async function addPictures(
  loaded: LoadedModel,
  { spec, pictures: set }: Source,
  isPending: (row: Row) => boolean,
  write: (rows: Row[], vectors: Float32Array) => Promise<void>,
  seen: Set<string>,
  built: Built,
  { batch, onProgress, onNote }: BuildOptions,
): Promise<void> {
  if (!set) return;
  const pending: number[] = [];
  for (let i = 0; i < set.count; i++) if (isPending(pictureRow(set, spec, i))) pending.push(i);
  if (pending.length === 0) return;
  const encoding = encodePictures(loaded, subset(set, pending, set.name), {
    batch,
    mostBroken: Number.POSITIVE_INFINITY, // of a second run the broken ones are all that is left to do
    onProgress: (done, total) => onProgress?.('indexing pictures', done, total),
    onNote,
  });
  const broken = new Set(pending);
  for await (const { features, kept } of encoding.batches) {
    for (const at of kept) broken.delete(pending[at]!);
    const rows = kept.map((at) => pictureRow(set, spec, pending[at]!));
    await write(rows, features);
  }
  built.busy = encoding.busy();
  built.broken.push(...encoding.broken.list);
  for (const index of broken) seen.delete(pictureName(set, index)); // what it was before is not what is there
}

const TEXTS = 4096; // tokenised and encoded together

async function addTexts(
  loaded: LoadedModel,
  { spec, texts }: Source,
  isPending: (row: Row) => boolean,
  write: (rows: Row[], vectors: Float32Array) => Promise<void>,
  { batch, truncate, onProgress, onNote }: BuildOptions,
): Promise<void> {
  const pending = texts.map((text) => textRow(spec, text)).filter(isPending);
  for (let start = 0; start < pending.length; start += TEXTS) {
    const rows = pending.slice(start, start + TEXTS);
    const { features } = await embedTexts(
      loaded,
      rows.map(({ id }) => id),
      {
        batch,
        truncate,
        memory: freeMemory(loaded.backend),
        onProgress: (done) => onProgress?.('indexing texts', start + done, pending.length),
        onNote,
      },
    );
    await write(rows, features);
  }
}
