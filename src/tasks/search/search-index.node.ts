// An index that is open for searching: a vector → the pictures or texts nearest to it.
import { ClipError } from '../../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { plainReason, storeError } from './lancedb.node.ts';
import { checkMadeWith, type MadeWith } from './made-with.ts';
import { nearest } from './nearest.node.ts';
import { storeFailure } from './object-store.ts';
import { COLUMNS, openExisting, SIDES, type Side, type Store } from './store.node.ts';

export interface SearchOptions {
  /** How many results at most; 10, unless given. */
  top?: number | undefined;
  /** SQL that is true of every result, over the columns id, source, label and caption: `label = 'red circle'`. */
  where?: string | undefined;
  /** What is looked for; pictures where the index has some, unless given. */
  to?: Side | undefined;
  /** Look at every row, whatever else there is. */
  exact?: boolean | undefined;
}

export interface SearchHit {
  /** A picture's path, or the set's name and its number in it; a text itself. */
  id: string;
  /** The cosine, −1 … 1. */
  score: number;
  label?: string;
  caption?: string;
}

/** What one has of a side: how many, and whether a search looks at all of them. */
export interface SideSize {
  rows: number;
  exact: boolean;
}

const TOP = 10;
const MOST = 10_000;

export class SearchIndex {
  readonly #store: Store & { made: MadeWith };
  readonly uri: string;

  /** Use openIndex. */
  constructor(store: Store & { made: MadeWith }) {
    this.#store = store;
    this.uri = store.uri;
  }

  /** What the model was loaded by that the index was made with. */
  get model(): string {
    return this.#store.made.model;
  }

  /** Numbers in a vector. */
  get width(): number {
    return this.#store.made.width;
  }

  /** Throws ClipError unless the index was made with this very model. */
  check(loaded: LoadedModel): Promise<void> {
    return checkMadeWith(this.uri, this.#store.made, loaded);
  }

  /** How large each side is that is there. */
  async sizes(): Promise<Partial<Record<Side, SideSize>>> {
    const sizes: Partial<Record<Side, SideSize>> = {};
    for (const side of SIDES) {
      const table = this.#store.tables[side];
      if (!table) continue;
      const exact = (await table.listIndices()).length === 0;
      sizes[side] = { rows: await table.countRows(), exact };
    }
    return sizes;
  }

  /**
   * The rows nearest to a vector [E] of length 1 (see queryVector), best first; many calls may be under way. What others
   * write is seen within seconds. Throws ClipError for a vector of another length or not of length 1, a condition that
   * LanceDB refuses, a side that the index does not have, and a store that cannot be read.
   */
  async search(
    vector: Float32Array,
    { top = TOP, where, to, exact }: SearchOptions = {},
  ): Promise<SearchHit[]> {
    const { tables } = this.#store;
    const side = to ?? (tables.image ? 'image' : 'text');
    const table = tables[side];
    if (!table) {
      const there = side === 'image' ? 'texts' : 'pictures';
      throw new ClipError(`${this.uri} has no ${side === 'image' ? 'pictures' : 'texts'}`, {
        got: `${there} only`,
      });
    }
    if (!Number.isInteger(top) || top < 1 || top > MOST) {
      throw new ClipError('top', { expected: `a whole number, 1…${MOST}`, got: top });
    }
    if (vector.length !== this.width || Math.abs(Math.hypot(...vector) - 1) > 1e-3) {
      const got =
        vector.length === this.width ? `length ${Math.hypot(...vector)}` : `${vector.length} numbers`;
      throw new ClipError("the query's vector", { expected: `${this.width} numbers of length 1`, got });
    }
    if (where !== undefined && where.trim() === '')
      throw new ClipError('an empty condition', { hint: WHERE });
    try {
      const found = await nearest(table, vector, { top, where, exact });
      return found.map(({ id, score, label, caption }) => ({
        id,
        score,
        ...(label !== null && { label }),
        ...(caption !== null && { caption }),
      }));
    } catch (error) {
      const { message } = error as Error;
      const isCondition =
        where !== undefined &&
        !storeFailure(message) &&
        /invalid input|schema error|filter|sql|parse/i.test(message);
      if (!isCondition) throw storeError(this.uri, 'searched', error);
      throw new ClipError(
        `the condition ${where}`,
        { got: plainReason(message), hint: WHERE },
        { cause: error },
      );
    }
  }

  close(): void {
    for (const table of Object.values(this.#store.tables)) table?.close();
    this.#store.connection.close();
  }
}

const WHERE = `SQL over ${COLUMNS.join(', ')}, such as label = 'red circle'`;

/**
 * Opens an index that `buildIndex` made, in a folder or at any URI that LanceDB takes. Throws ClipError where LanceDB is not
 * installed, where there is no index or one of another version, and, given a model, where it was made with another.
 */
export async function openIndex(uri: string, loaded?: LoadedModel): Promise<SearchIndex> {
  const index = new SearchIndex(await openExisting(uri));
  try {
    if (loaded) await index.check(loaded);
  } catch (error) {
    index.close();
    throw error;
  }
  return index;
}
