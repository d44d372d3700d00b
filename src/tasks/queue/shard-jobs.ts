// What is said of shards between the processes: in Redis, and between a worker's two threads.

/** The queue's name in Redis, for BullMQ: one for a database, so that one model's shards go through one database. */
export const QUEUE = 'clip-tfjs';

/** Is there while somebody wants the set, and a day longer: a shard of another is left over, and dropped. */
export const wantedKey = (set: string): string => `${QUEUE}:set:${set}`;

/** A job's data: where its fragment goes, and which range of the set that is told there. */
export interface ShardJob {
  readonly set: string;
  /** As `embed` was told it: from the folder it was started in, or absolute. */
  readonly folder: string;
  readonly start: number;
  readonly count: number;
}

/** Unique among all jobs: the same shard of the same set is never in the queue twice. */
export const jobId = ({ set, start }: Pick<ShardJob, 'set' | 'start'>): string => `${set}-${start}`;

/** What became of a shard. */
export type Outcome =
  /** Its fragment is there, with so many rows. */
  | { readonly rows: number }
  /** This worker cannot do it, though another may. */
  | { readonly refused: string }
  /** It went wrong. */
  | { readonly failed: string };

/** To the thread that holds the connection: begin to take shards; how the one in hand goes; what became of it; stop. */
export type ToThread = { start: true } | { progress: number } | { outcome: Outcome } | { stop: true };

/** From it. */
export type FromThread =
  | { ready: string }
  | { note: string }
  | { shard: ShardJob }
  /** The worker cannot go on. */
  | { over: string }
  | { stopped: true };

export interface ThreadSettings {
  readonly url: string;
  /** Seconds of silence after which a worker is taken for dead. */
  readonly lock: number;
  /** Seconds for which Redis may be gone. */
  readonly wait: number;
}
