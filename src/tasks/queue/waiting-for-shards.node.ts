// Waits until every shard of a set has its fragment, and sees to it that those that have none are in the queue. What is true
// is in the folder: the queue may forget, messages may be missed, and a shard may be done twice, all to no harm.
import { setTimeout as pause } from 'node:timers/promises';
import type { Queue, QueueEvents } from 'bullmq';
import { ClipError } from '../../errors.ts';
import type { RedisLink } from './redis-link.node.ts';
import { jobId, QUEUE, type ShardJob, wantedKey } from './shard-jobs.ts';
import { fragmentsIn, readSet, type ShardSet, shardsOf } from './shard-set.node.ts';

const LOOK = 2000; // ms between two looks at the folder and the queue
/** Workers go on without `embed` for so long. */
const WANTED_FOR = 86_400; // s
const GRACE = 1000; // ms for connections to close
const AT_ONCE = 1000; // jobs in one message
/** A file that another machine wrote is seen on NFS after a minute at most. */
const SEEN_AFTER = 90_000; // ms

/** Sees to it that the shards of a set that are not done are in the queue, once each. */
export class WaitingForShards {
  readonly #link: RedisLink;
  readonly #folder: string;
  readonly #set: ShardSet;
  readonly #onNote: (note: string) => void;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  readonly #queue: Queue<ShardJob>;
  readonly #events: QueueEvents;
  /** By start: rows done of those in hand; when those that are done were. */
  readonly #progress = new Map<number, number>();
  readonly #done = new Map<number, number>();
  #isMissing = true;
  #saidNoWorkers = false;
  #wake = new AbortController();
  #closed = false;

  constructor(
    link: RedisLink,
    folder: string,
    set: ShardSet,
    onNote: (note: string) => void,
    onProgress?: (done: number, total: number) => void,
  ) {
    this.#link = link;
    this.#folder = folder;
    this.#set = set;
    this.#onNote = onNote;
    this.#onProgress = onProgress;
    const { Queue, QueueEvents } = link.bull.bullmq;
    this.#queue = new Queue(QUEUE, { connection: link.connection });
    this.#events = new QueueEvents(QUEUE, { connection: link.connection });
    this.#queue.on('error', () => {}); // of the connection: the link tells them
    this.#events.on('error', () => {});
    link.onBack(() => {
      this.#isMissing = true; // it may have forgotten them
      this.#wake.abort();
    });
    this.#events.on('progress', ({ jobId, data }) => {
      const start = this.#startOf(jobId);
      if (start !== undefined && typeof data === 'number') this.#progress.set(start, data);
      this.#tell();
    });
    this.#events.on('completed', ({ jobId, returnvalue }) => {
      const start = this.#startOf(jobId);
      if (start === undefined) return;
      if (`${returnvalue}` === 'null')
        this.#isMissing = true; // dropped as unwanted, before it was wanted again
      else this.#done.set(start, performance.now());
      this.#tell();
      if (this.#done.size * this.#set.shard >= this.#set.count) this.#wake.abort();
    });
    this.#events.on('failed', ({ jobId, failedReason }) => {
      const start = this.#startOf(jobId);
      if (start === undefined) return;
      link.fail(new ClipError(`${this.#set.what} ${start}… could not be encoded: ${failedReason}`));
    });
  }

  /** Resolves when every shard has its fragment. */
  async untilDone(): Promise<void> {
    while (!this.#closed) {
      const [list, there] = [await readSet(this.#folder), await fragmentsIn(this.#folder)];
      if (list?.id !== this.#set.id) {
        const hint = 'has another embed joined them, or begun anew?';
        throw new ClipError(`${this.#folder} is gone, or another set's`, { hint });
      }
      const missing = [...shardsOf(this.#set)].filter(({ start }) => !there.has(start));
      for (const start of there) this.#done.set(start, this.#done.get(start) ?? performance.now());
      this.#tell();
      if (missing.length === 0) return;
      const unseen = missing.find(
        ({ start }) => performance.now() - (this.#done.get(start) ?? Infinity) > SEEN_AFTER,
      );
      if (unseen) {
        throw new ClipError(
          `a worker did shard ${unseen.start}, and its fragment is not in ${this.#folder}`,
          {
            hint: 'is it one folder for all machines?',
          },
        );
      }
      if (this.#isMissing) {
        this.#isMissing = false;
        await this.#add(missing.filter(({ start }) => !this.#done.has(start)));
      }
      this.#wake = new AbortController();
      await pause(LOOK, undefined, { signal: this.#wake.signal }).catch(() => {});
      await this.#look();
    }
  }

  async #add(shards: readonly { start: number; count: number }[]): Promise<void> {
    const { id: set } = this.#set;
    await this.#want();
    for (let at = 0; at < shards.length; at += AT_ONCE) {
      const jobs = shards.slice(at, at + AT_ONCE).map((shard) => ({
        name: 'shard',
        data: { set, folder: this.#folder, ...shard },
        opts: {
          jobId: jobId({ set, ...shard }),
          attempts: 3,
          backoff: { type: 'fixed', delay: 1000 },
          removeOnComplete: true, // the fragment says that it is done
          removeOnFail: true,
        },
      }));
      await this.#queue.addBulk(jobs);
    }
  }

  /** Says that the set is wanted, for a while: what nobody comes back for does not stay in Redis for ever. */
  async #want(): Promise<void> {
    await this.#link.redis.set(wantedKey(this.#set.id), this.#folder, 'EX', WANTED_FOR);
  }

  /** An empty queue while fragments are missing has lost them; without workers it is waited for in vain. */
  async #look(): Promise<void> {
    await this.#want();
    const counts = await this.#queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
    if (Object.values(counts).every((count) => count === 0)) this.#isMissing = true;
    const workers = await this.#queue.getWorkersCount();
    if (workers === 0 && !this.#saidNoWorkers) {
      const how = `clip-tfjs worker --queue … --model ${this.#set.model.name} starts one`;
      this.#onNote(`no worker is at the queue: ${how}, here or on a machine that shares the folder`);
    }
    this.#saidNoWorkers = workers === 0;
  }

  #startOf(id: string): number | undefined {
    return id.startsWith(`${this.#set.id}-`) ? Number(id.slice(this.#set.id.length + 1)) : undefined;
  }

  #tell(): void {
    const { shard, count } = this.#set;
    let done = 0;
    for (const start of this.#done.keys()) done += Math.min(shard, count - start);
    for (const [start, rows] of this.#progress) if (!this.#done.has(start)) done += rows;
    this.#onProgress?.(done, count);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake.abort();
    // The queue's own `close` waits for a Redis that may be gone; the events' does not.
    const closed = Promise.allSettled([this.#queue.disconnect(), this.#events.close()]);
    await Promise.race([closed, pause(GRACE, undefined, { ref: false })]);
  }
}
