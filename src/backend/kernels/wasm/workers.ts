// Threads for the kernels of the wasm engine: workers over its shared memory, which take parts of a job from a counter as
// the main thread does. A worker that is late, or never starts, costs nothing: the others take its parts.
import type { WasmModule } from './backend.ts';

/** A worker of a browser or of Node. */
export interface StartedWorker {
  postMessage(message: object): void;
  terminate(): unknown;
}
/** Starts a worker that runs `source`. */
export type StartWorker = (source: string) => StartedWorker;

/**
 * The shared numbers: parts left to take, parts done, which function, where its job lies, jobs so far, where the workers' own
 * rooms begin, the bytes of one.
 */
const [LEFT, DONE, FUNCTION, JOB, TURN, SCRATCH, SCRATCH_BYTES, LENGTH] = [0, 1, 2, 3, 4, 5, 6, 7];

/** What all threads do: `number` is the function's, addresses are in bytes, the workers' rooms lie behind one another. */
export interface SharedJob {
  number: number;
  address: number;
  scratch: number;
  scratchBytes: number;
}

/** What a worker runs. It looks for work for some microseconds before it sleeps: a layer's jobs follow one another. */
const SOURCE: string = `
const begin = ({ module, memory, names, control, worker }) => {
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  const functions = names.map((name) => exports[name]);
  const numbers = new Int32Array(memory.buffer, control, ${LENGTH});
  for (let turn = 0; ; turn = Atomics.load(numbers, ${TURN})) {
    for (let i = 0; i < 5000 && Atomics.load(numbers, ${TURN}) === turn; i++);
    Atomics.wait(numbers, ${TURN}, turn);
    for (let left; (left = Atomics.sub(numbers, ${LEFT}, 1)) > 0; ) {
      const scratch = numbers[${SCRATCH}] + worker * numbers[${SCRATCH_BYTES}];
      functions[numbers[${FUNCTION}]](numbers[${JOB}], left - 1, scratch);
      Atomics.add(numbers, ${DONE}, 1);
      Atomics.notify(numbers, ${DONE});
    }
  }
};
if (typeof require === 'function') require('node:worker_threads').parentPort.once('message', begin);
else onmessage = ({ data }) => begin(data);
`;

/** Starts a worker of a browser; nothing where it has none, or forbids them. */
export function startBrowserWorker(source: string): StartedWorker {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Runs parts of one job on all threads. */
export class Workers {
  readonly #control: number;
  readonly #memory: WebAssembly.Memory;
  readonly #started: StartedWorker[] = [];

  /** `names` are the module's functions, in the order of their numbers. */
  constructor(
    { memory, malloc, threads }: WasmModule,
    module: WebAssembly.Module,
    names: readonly string[],
    start: StartWorker,
  ) {
    this.#memory = memory;
    this.#control = malloc(4 * LENGTH);
    this.#numbers().fill(0);
    for (let worker = 0; worker < threads - 1; worker++) {
      this.#started.push(start(SOURCE));
      this.#started[worker]!.postMessage({ module, memory, names, control: this.#control, worker });
    }
  }

  /** Does a job's parts 0 … count − 1, with `part` in this thread. */
  run(job: SharedJob, count: number, part: (index: number) => void): void {
    const numbers = this.#numbers();
    numbers[FUNCTION] = job.number;
    numbers[JOB] = job.address;
    numbers[SCRATCH] = job.scratch;
    numbers[SCRATCH_BYTES] = job.scratchBytes;
    Atomics.store(numbers, DONE, 0);
    Atomics.store(numbers, LEFT, count); // from here on parts can be taken, by a worker that comes late too
    Atomics.add(numbers, TURN, 1);
    Atomics.notify(numbers, TURN);
    let own = 0;
    for (let left = take(numbers); left > 0; left = take(numbers)) {
      part(left - 1);
      own += 1;
    }
    Atomics.add(numbers, DONE, own);
    for (let i = 0; ; i++) {
      const done = Atomics.load(numbers, DONE);
      if (done === count) return;
      if (i > SPINS && canWait) wait(numbers, done);
    }
  }

  /** Ends the workers. */
  stop(): void {
    for (const worker of this.#started) worker.terminate();
  }

  #numbers(): Int32Array {
    return new Int32Array(this.#memory.buffer, this.#control, LENGTH);
  }
}

const take = (numbers: Int32Array): number => Atomics.sub(numbers, LEFT, 1);

const SPINS = 5000;
/** A browser's main thread may not sleep. */
let canWait = true;

function wait(numbers: Int32Array, done: number): void {
  try {
    Atomics.wait(numbers, DONE, done);
  } catch {
    canWait = false;
  }
}
