// The engine `wasm` in Node: TensorFlow.js's WebAssembly backend, with threads where it can have them.
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { wasm as browserWasm, type Engine, type StartOptions, selectBackend } from '../engine.ts';
import { registerFastWasmKernels } from '../kernels/wasm/register.ts';
import { MOST_THREADS, release, startModule } from './emscripten.node.ts';
import { threadCount } from './thread-count.node.ts';

const PRIORITY = 2; // upstream's own, among TensorFlow.js's backends

/** How many threads the backend that runs was to have; it may have got one. */
let wanted: number | undefined;
let starting: Promise<void> = Promise.resolve();

/** With another number of threads than it runs with it starts anew, unless tensors live on it: then it says so. */
export const wasm: Engine = {
  ...browserWasm,
  hint: 'it comes with this package; Node must allow WebAssembly some GB of addresses (ulimit -v)',
  start: (options) => {
    const turn = starting.then(() => start(options));
    starting = turn.catch(() => {});
    return turn;
  },
};

async function start({ threads, onNote = () => {} }: StartOptions): Promise<void> {
  // Not tf.findBackend: where nothing runs yet that starts upstream's own way.
  const running = tf.engine().registry.wasm as (tf.KernelBackend & { numDataIds(): number }) | undefined;
  const isOther = running !== undefined && threads !== undefined && threads !== wanted;
  if (isOther && running.numDataIds() > 0) {
    onNote('wasm keeps the number of threads that it has: tensors live on it');
  } else if (isOther || !running) {
    await register(threads, onNote);
  }
  await selectBackend('wasm');
  registerFastWasmKernels(startWorker);
}

/** For the kernels: a worker that lets the process end, with nothing of the process's own start-up in it. */
function startWorker(source: string): Worker {
  const worker = new Worker(source, { eval: true, env: {}, execArgv: [] });
  worker.unref();
  return worker;
}

async function register(asked: number | undefined, onNote: (note: string) => void): Promise<void> {
  const { count, source } = threadCount(asked);
  const { BackendWasm, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  if (count === 1 && source !== 'asked' && source !== 'OMP_NUM_THREADS') {
    onNote('wasm runs with one thread: this process may use one processor');
  }
  if (count > MOST_THREADS && source === 'asked') {
    onNote(`wasm runs with ${MOST_THREADS} threads: it can use no more`);
  }
  const module = await startBest(Math.min(count, MOST_THREADS), onNote);
  setThreadsCount(Math.min(count, MOST_THREADS));
  const backend = new BackendWasm(module);
  release(module);
  if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm'); // the one before, and upstream's own way to start it
  tf.registerBackend('wasm', () => backend, PRIORITY);
  wanted = asked ?? count;
}

/** The best of upstream's builds that starts here. What is missing is said. */
async function startBest(
  threads: number,
  onNote: (note: string) => void,
): Promise<Awaited<ReturnType<typeof startModule>>> {
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    const module = await startModule('plain');
    onNote('wasm runs slowly and with one thread: its vector instructions (SIMD) are not to be had here');
    return module;
  }
  if (threads === 1) return startModule('simd');
  try {
    if (typeof SharedArrayBuffer === 'undefined') throw new Error('SharedArrayBuffer is not to be had here');
    return await startModule('threaded-simd', threads);
  } catch (error) {
    const module = await startModule('simd');
    onNote(`wasm runs with one thread: ${(error as Error).message.split('\n')[0]}`);
    return module;
  }
}
