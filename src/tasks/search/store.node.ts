// The tables of an index, `pictures` and `texts`: two, because CLIP's pictures and texts lie in two parts of their common
// space, and one that is asked for pictures should not look through texts. Each commit of LanceDB is whole or not there.
import { existsSync } from 'node:fs';
import type { Connection, Table } from '@lancedb/lancedb';
import type { Table as ArrowTable, Schema } from 'apache-arrow';
import { ClipError } from '../../errors.ts';
import { loadLanceDb, type Packages, withStore } from './lancedb.node.ts';
import { type MadeWith, parseMadeWith } from './made-with.ts';
import { FIRST_QUESTION, LATER_QUESTIONS } from './object-store.ts';

/** What is looked for: pictures or texts. */
export type Side = 'image' | 'text';

export const SIDES: readonly Side[] = ['image', 'text'];
export const TABLES: Readonly<Record<Side, string>> = { image: 'pictures', text: 'texts' };

/** What is stored of a picture or text beside its vector. */
export interface Row {
  /** A picture's path, or the set's name and its number in it; a text itself. */
  id: string;
  /** Changes when what is encoded does, or what is said of it. */
  stamp: string;
  /** What was given to be indexed, where it came from. */
  source: string;
  label?: string | undefined;
  caption?: string | undefined;
}

/** Columns that a condition may name. */
export const COLUMNS: readonly (keyof Row)[] = ['id', 'source', 'label', 'caption'];
const METADATA = 'clip-tfjs';

/** The tables that are there, and what they were made with. */
export interface Store {
  readonly uri: string;
  readonly connection: Connection;
  readonly packages: Packages;
  readonly made: MadeWith | undefined;
  readonly tables: Partial<Record<Side, Table>>;
}

/** Whether LanceDB keeps it on this machine's disk; anything else is a URI that only LanceDB understands. */
export function isFolder(uri: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:\/\//i.test(uri);
}

/** How often, in seconds, one who searches looks whether others have written. */
const LOOKS = 2;

/**
 * Opens what is there; nothing is made. Throws ClipError where there is no LanceDB, for tables that are no index of ours,
 * one of another version, and one that cannot be read.
 */
export async function openStore(uri: string): Promise<Store> {
  const packages = await loadLanceDb();
  const connection = await withStore(uri, 'opened', async () => {
    const readConsistencyInterval = LOOKS;
    if (isFolder(uri)) return packages.lancedb.connect(uri, { readConsistencyInterval });
    (await packages.lancedb.connect(uri, { storageOptions: FIRST_QUESTION })).close();
    const storageOptions = LATER_QUESTIONS;
    return packages.lancedb.connect(uri, { readConsistencyInterval, storageOptions });
  });
  return withStore(uri, 'read', async () => {
    const names = await connection.tableNames();
    const tables: Partial<Record<Side, Table>> = {};
    let made: MadeWith | undefined;
    for (const side of SIDES) {
      if (!names.includes(TABLES[side])) continue;
      const table = await openTable(connection, TABLES[side]);
      if (!table) continue;
      tables[side] = table;
      made = parseMadeWith(uri, (await table.schema()).metadata.get(METADATA));
    }
    return { uri, connection, packages, made, tables };
  });
}

/** Undefined for a folder without a first commit: whoever made it was ended before that. */
async function openTable(connection: Connection, name: string): Promise<Table | undefined> {
  try {
    return await connection.openTable(name);
  } catch (error) {
    if (/was not found/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** Throws ClipError where there is no index to search. */
export async function openExisting(uri: string): Promise<Store & { made: MadeWith }> {
  const what = { expected: 'what clip-tfjs index made', hint: `clip-tfjs index PICTURES --out ${uri}` };
  // LanceDB would make the folder.
  if (isFolder(uri) && !existsSync(uri))
    throw new ClipError(`${uri} is no index`, { ...what, got: 'no such folder' });
  const { made, ...store } = await openStore(uri);
  if (made) return { made, ...store };
  store.connection.close();
  throw new ClipError(`${uri} is no index`, {
    ...what,
    got: isFolder(uri) ? 'a folder without its tables' : 'no tables of one there',
  });
}

/** Makes the table of a side, empty. */
export async function makeTable(store: Store, side: Side, made: MadeWith): Promise<Table> {
  return withStore(store.uri, 'written', () =>
    store.connection.createEmptyTable(TABLES[side], schemaOf(store.packages, made.width, made), {
      mode: 'create',
      existOk: true,
    }),
  );
}

function schemaOf({ arrow }: Packages, width: number, made?: MadeWith): Schema {
  const { Field, FixedSizeList, Float32, Schema, Utf8 } = arrow;
  const item = new Field('item', new Float32(), true);
  return new Schema(
    [
      new Field('id', new Utf8(), false),
      new Field('stamp', new Utf8(), false),
      new Field('source', new Utf8(), false),
      new Field('label', new Utf8(), true),
      new Field('caption', new Utf8(), true),
      new Field('vector', new FixedSizeList(width, item), false),
    ],
    made && new Map([[METADATA, JSON.stringify(made)]]),
  );
}

/** Rows with their vectors [n, width] as LanceDB takes them; the vectors are not copied. */
export function arrowRows(
  { arrow, ...packages }: Packages,
  rows: readonly Row[],
  vectors: Float32Array,
): ArrowTable {
  const { Float32, makeData, RecordBatch, Struct, Table, Utf8, vectorFromArray } = arrow;
  const length = rows.length;
  const schema = schemaOf({ arrow, ...packages }, vectors.length / length);
  const texts = (['id', 'stamp', 'source', 'label', 'caption'] as const).map(
    (name) =>
      vectorFromArray(
        rows.map((row) => row[name] ?? null),
        new Utf8(),
      ).data[0]!,
  );
  const values = makeData({ type: new Float32(), length: vectors.length, data: vectors });
  const list = makeData({ type: schema.fields.at(-1)!.type, length, child: values } as never);
  const struct = makeData({ type: new Struct(schema.fields), length, children: [...texts, list] });
  return new Table([new RecordBatch(schema, struct as never)]);
}

/** A text inside a condition, whatever letters it has. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What the index at `uri` was made with; undefined where there is none. */
export async function indexModel(uri: string): Promise<string | undefined> {
  if (isFolder(uri) && !existsSync(uri)) return undefined; // LanceDB would make the folder
  const { made, connection } = await openStore(uri);
  connection.close();
  return made?.model;
}
