// Rows on their way into a table: gathered, and committed some thousand or some seconds' worth at a time, while the engine
// goes on. A commit is whole or not there, so that whoever is killed loses seconds' work and leaves nothing half done.
import type { Table } from '@lancedb/lancedb';
import type { Table as ArrowTable } from 'apache-arrow';
import { joinParts } from '../join-parts.ts';
import { optimize, withStore } from './lancedb.node.ts';
import { arrowRows, quoted, type Row, type Store } from './store.node.ts';

const MOST_ROWS = 4096; // in a commit
const MOST_MS = 10_000; // from one to the next
/** Commits after which the many small files that they made are joined: the longer they wait, the slower all become. */
const JOINED_AFTER = 64;
const DELETED = 500; // rows in one command

export class TableWriter {
  readonly #store: Store;
  readonly #table: Table;
  /** Whether a row is there, and is to be replaced. */
  readonly #isThere: (id: string) => boolean;
  readonly #mostRows: number;
  #rows: Row[] = [];
  #vectors: Float32Array[] = [];
  #last = performance.now();
  #commits = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store, table: Table, isThere: (id: string) => boolean, mostRows: number = MOST_ROWS) {
    this.#mostRows = mostRows;
    this.#store = store;
    this.#table = table;
    this.#isThere = isThere;
  }

  /** Takes rows with their vectors [n, width]; throws what an earlier commit failed with. */
  async write(rows: readonly Row[], vectors: Float32Array): Promise<void> {
    if (rows.length === 0) return;
    this.#rows.push(...rows);
    this.#vectors.push(vectors);
    if (this.#rows.length >= this.#mostRows || performance.now() - this.#last >= MOST_MS) await this.#flush();
  }

  /** Removes rows by name. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.end();
    for (let start = 0; start < ids.length; start += DELETED) {
      const list = ids.slice(start, start + DELETED).map(quoted);
      await this.#using(() => this.#table.delete(`id IN (${list.join(', ')})`));
    }
  }

  /** Waits until all is committed. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  /** One commit is under way while the next is gathered. */
  async #flush(): Promise<void> {
    await this.#writing;
    this.#last = performance.now();
    if (this.#rows.length === 0) return;
    const [rows, vectors] = [this.#rows, this.#vectors];
    [this.#rows, this.#vectors] = [[], []];
    this.#writing = this.#using(() => this.#commit(rows, joinParts(vectors)));
    this.#writing.catch(() => {}); // thrown at the next call
  }

  async #commit(rows: readonly Row[], vectors: Float32Array): Promise<void> {
    const width = vectors.length / rows.length;
    const [fresh, changed]: number[][] = [[], []];
    rows.forEach(({ id }, i) => {
      (this.#isThere(id) ? changed! : fresh!).push(i);
    });
    const some = (at: readonly number[]) => {
      const chosen = new Float32Array(at.length * width);
      at.forEach((row, i) => {
        chosen.set(vectors.subarray(row * width, (row + 1) * width), i * width);
      });
      const rowsAt = at.map((row) => rows[row]!);
      return arrowRows(this.#store.packages, rowsAt, chosen);
    };
    if (fresh!.length > 0) await this.#add(() => some(fresh!));
    if (changed!.length > 0) {
      await this.#table
        .mergeInsert('id')
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(some(changed!));
    }
    this.#commits += 1;
    if (this.#commits % JOINED_AFTER === 0) await optimize(this.#table);
  }

  /** Two writers that made the table at the same moment: the second one's took the first one's place, and is empty too. */
  async #add(rows: () => ArrowTable): Promise<void> {
    try {
      await this.#table.add(rows());
    } catch (error) {
      if (!/incompatible with concurrent transaction Overwrite/i.test((error as Error).message)) throw error;
      await this.#table.checkoutLatest();
      await this.#table.add(rows());
    }
  }

  #using<T>(use: () => Promise<T>): Promise<T> {
    return withStore(this.#store.uri, 'written', use);
  }
}
