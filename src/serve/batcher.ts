// Items of many callers → one call. An engine takes hardly longer for 32 small pictures than for one, so what comes within
// a few milliseconds goes together; while a call is under way, what comes waits for the next one.

export interface BatcherOptions<Item, Result> {
  /** Computes a result for each item, in their order. Never called while its last call is under way. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** How long the first item waits for others, in milliseconds; 0: not at all. */
  readonly windowMs: number;
  /** The most items of one call, 1 or more. */
  readonly largest: number;
}

/** What one caller waits for. */
interface Group<Result> {
  readonly results: Result[];
  left: number;
  readonly resolve: (results: Result[]) => void;
  readonly reject: (reason: unknown) => void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly at: number;
  readonly group: Group<Result>;
}

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  #queue: Waiting<Item, Result>[] = [];
  /** A call is under way, or about to be. */
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #calls = 0;
  #items = 0;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
  }

  /** Items that are not in a call yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Calls so far, and the items of them all. */
  get counts(): { calls: number; items: number } {
    return { calls: this.#calls, items: this.#items };
  }

  /**
   * A result for each item, in their order; the items may be parted over several calls. Rejects with what a call of theirs
   * threw, or, once `signal` is aborted, with its reason: items that still wait are then never computed.
   */
  add(items: readonly Item[], signal?: AbortSignal): Promise<Result[]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const group: Group<Result> = {
        results: new Array(items.length),
        left: items.length,
        resolve: (results) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(results);
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', onAbort);
          this.#queue = this.#queue.filter((waiting) => waiting.group !== group);
          reject(reason);
        },
      };
      const onAbort = (): void => group.reject(signal!.reason);
      signal?.addEventListener('abort', onAbort);
      items.forEach((item, at) => {
        this.#queue.push({ item, at, group });
      });
      this.#schedule();
    });
  }

  #schedule(): void {
    const { windowMs, largest } = this.#options;
    if (this.#busy || this.#queue.length === 0) return;
    if (windowMs === 0 || this.#queue.length >= largest) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), windowMs);
  }

  /** Only after what has arrived by now was heard: an engine that blocks this thread leaves requests in the sockets. */
  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#busy = true;
    setImmediate(() => void this.#call());
  }

  async #call(): Promise<void> {
    const batch = this.#queue.splice(0, this.#options.largest);
    try {
      if (batch.length > 0) {
        this.#calls++;
        this.#items += batch.length;
        const results = await this.#options.run(batch.map(({ item }) => item));
        batch.forEach(({ at, group }, i) => {
          group.results[at] = results[i]!;
          if (--group.left === 0) group.resolve(group.results);
        });
      }
    } catch (error) {
      for (const { group } of batch) group.reject(error);
    }
    this.#busy = false;
    this.#schedule();
  }
}
