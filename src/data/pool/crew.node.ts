// Jobs for worker threads, taken by the workers themselves: every worker gets the whole list, and a counter in shared memory
// says which job is next. So they go on from job to job, and from list to list, while the main thread is busy with a step of
// the engine and hears nothing; a library that hands out jobs from the main thread lets them stand still then.
import { Worker } from 'node:worker_threads';
import { ClipError } from '../../errors.ts';

/** What became of a job. */
export type Outcome<Result> = { readonly value: Result } | { readonly reason: string };

/** What a worker is sent, and what it sends for each job. */
export interface Jobs<Job> {
  readonly list: number;
  readonly jobs: readonly Job[];
  /** [1 + jobs], shared: the next job's number, then, by job, who took it (0: nobody yet). */
  readonly taken: Int32Array;
}
export interface Report<Result> {
  readonly list: number;
  readonly at: number;
  readonly outcome: Outcome<Result>;
}

/** A list of jobs that is being worked on. */
interface Work<Job, Result> {
  readonly message: Jobs<Job>;
  readonly open: Set<number>;
  readonly onDone: (at: number, outcome: Outcome<Result>) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Workers that run `script`, which calls takeJobs, with `workerData.settings`. They keep no process alive by themselves. */
export class Crew<Job, Result> {
  readonly #script: URL;
  readonly #settings: unknown;
  readonly #workers: Map<number, Worker> = new Map();
  readonly #works: Map<number, Work<Job, Result>> = new Map();
  #lastWorker = 0;
  #lastList = 0;
  #closed: ClipError | undefined;

  /** Starts `workers` threads, one or more. */
  constructor(script: URL, settings: unknown, workers: number) {
    this.#script = script;
    this.#settings = settings;
    for (let i = 0; i < workers; i++) this.#hire();
  }

  /**
   * Works on a list; calls `onDone` once for each job, in any order, and resolves when all are done. A job that ends its
   * worker (out of memory, a crash) is done with a reason, and another worker takes the place. Rejects when the crew is
   * closed, or cannot work at all.
   */
  run(jobs: readonly Job[], onDone: Work<Job, Result>['onDone']): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (jobs.length === 0) return Promise.resolve();
    const list = ++this.#lastList;
    const taken = new Int32Array(new SharedArrayBuffer(4 * (1 + jobs.length)));
    const message = { list, jobs, taken };
    for (const worker of this.#workers.values()) {
      worker.postMessage(message);
      worker.ref();
    }
    return new Promise((resolve, reject) => {
      this.#works.set(list, { message, open: new Set(jobs.keys()), onDone, resolve, reject });
    });
  }

  /** Ends the workers; lists that are not done are rejected. May be called again. */
  async close(): Promise<void> {
    await this.#end(new ClipError('the pool of workers was closed'));
  }

  #hire(): void {
    const id = ++this.#lastWorker;
    const workerData = { id, settings: this.#settings };
    const worker = new Worker(this.#script, { workerData, ...loader(this.#script) });
    let reason = '';
    worker.on('message', (report: Report<Result>) => this.#hear(report));
    worker.on('error', (error: Error) => {
      reason = error.message;
    });
    worker.on('exit', (code) => void this.#replace(id, reason || `it ended with status ${code}`));
    this.#workers.set(id, worker);
    if (this.#works.size === 0) worker.unref();
    for (const { message } of this.#works.values()) worker.postMessage(message);
  }

  #hear({ list, at, outcome }: Report<Result>): void {
    const work = this.#works.get(list);
    if (!work?.open.delete(at)) return;
    work.onDone(at, outcome);
    if (work.open.size > 0) return;
    this.#works.delete(list);
    work.resolve();
    if (this.#works.size === 0) for (const worker of this.#workers.values()) worker.unref();
  }

  /** What a worker sent before its end has been heard; a job it took and said nothing of is what ended it. */
  async #replace(id: number, reason: string): Promise<void> {
    this.#workers.delete(id);
    if (this.#closed) return;
    const fatal = [...this.#works.values()].flatMap(({ message, open }) =>
      [...open].filter((at) => message.taken[1 + at] === id).map((at) => ({ list: message.list, at })),
    );
    if (fatal.length === 0) {
      await this.#end(new ClipError('a worker ended while it had nothing to do', { got: reason }));
      return;
    }
    this.#hire();
    for (const job of fatal) this.#hear({ ...job, outcome: { reason: `its worker ended: ${reason}` } });
  }

  async #end(error: ClipError): Promise<void> {
    this.#closed ??= error;
    for (const { reject } of this.#works.values()) reject(this.#closed);
    this.#works.clear();
    await Promise.all([...this.#workers.values()].map((worker) => worker.terminate()));
  }
}

/**
 * Node's flags for a worker. Where the sources themselves run (tests, benchmarks), it needs to be told how to load TypeScript;
 * what was given to `node --input-type=module -e CODE` is for the code alone, and no worker with a file takes it.
 */
export function loader(script: URL): { execArgv?: string[] } {
  if (!script.pathname.endsWith('.ts')) {
    return process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};
  }
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import { register } from ${tsx}; register();`; // `--import tsx` passes workers over
  return { execArgv: ['--import', `data:text/javascript,${encodeURIComponent(code)}`] };
}
