// Starts TensorFlow.js's builds of its WebAssembly engine in Node, the threaded one too, which upstream switches off there.
// Emscripten's file for that one was made for Node as well. What it lacks is workers that can find it, and some care: it
// would start eight of them, keep the process alive, and leave listeners and a global behind. Here it gets as many as it
// uses, which run nothing of what the process was told to load in every thread, and the process stays as it was.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

const require = createRequire(import.meta.url);
const FOLDER = '@tensorflow/tfjs-backend-wasm/wasm-out';

/** The most that the threaded build uses. */
export const MOST_THREADS = 8;
/** Workers start within a tenth of a second; a machine that is much busier than that gains nothing by them. */
const PATIENCE_MS = 20_000;

/** Which of upstream's three builds. */
export type Build = 'threaded-simd' | 'simd' | 'plain';

/** A worker as Emscripten keeps it. */
interface Pthread extends Worker {
  onerror?: (error: Error) => void;
}

type Module = BackendWasm['wasm'] & { PThread?: { unusedWorkers: Pthread[]; runningWorkers: Pthread[] } };

/** What Emscripten is given, and makes its module of. */
type Settings = Partial<Module> & Record<string, unknown>;

/**
 * The build's module, ready for `new BackendWasm`; the threaded build needs 2 … 8 `threads`. Rejects with an Error where the
 * build, its memory or its workers cannot be had; nothing is left of it then.
 */
export async function startModule(build: Build, threads: number = 1): Promise<Module> {
  const script = require.resolve(
    `${FOLDER}/tfjs-backend-wasm${build === 'threaded-simd' ? `-${build}` : ''}.js`,
  );
  const binary = require.resolve(`${FOLDER}/tfjs-backend-wasm${build === 'plain' ? '' : `-${build}`}.wasm`);
  const workers: Pthread[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    for (let started = 1; started < threads; started++) workers.push(startWorker());
    return await new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no worker in ${PATIENCE_MS / 1000} seconds`));
      timer = setTimeout(late, PATIENCE_MS);
      for (const worker of workers) {
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('a worker ended at once')));
      }
      const settings: Settings = {
        mainScriptUrlOrBlob: script, // what a worker reads and runs
        locateFile: (file: string) => file,
        print: () => {},
        printErr: () => {}, // all of it comes as an error too
        onAbort: (reason: unknown) => reject(new Error(`WebAssembly stopped: ${reason}`)),
        instantiateWasm: (imports: WebAssembly.Imports, receive: (...made: unknown[]) => void) => {
          if (settings.PThread) settings.PThread.unusedWorkers = workers;
          // The build takes at most half of the processors that it is told of.
          const env = { ...imports.env, emscripten_num_logical_cores: () => 2 * threads };
          instantiate(binary, { ...imports, env }).then(({ instance, module }) => {
            receive(instance, module);
            for (const worker of workers) worker.onerror = reject; // Emscripten's would throw
          }, reject);
          return {};
        },
      };
      withoutTraces(() => (require(script) as (settings: Settings) => Promise<Module>)(settings)).then(
        (module) => resolve(withNames(module)),
        reject,
      );
    });
  } catch (error) {
    for (const worker of workers) void worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Lets the process end though the threads wait for work. To be called when the backend has started them. */
export function release({ PThread }: Module): void {
  for (const worker of PThread?.runningWorkers ?? []) {
    worker.removeAllListeners('exit');
    worker.onerror = (error) => {
      throw error;
    };
    worker.unref();
  }
}

/** A worker that runs Emscripten's own script, and none of what the process was told to load in every thread. */
function startWorker(): Pthread {
  const { wasmWorkerContents } = require(`${FOLDER}/tfjs-backend-wasm-threaded-simd.worker.js`);
  const source = wasmWorkerContents.replace(/\n/g, '\\n'); // a line break inside a string of it
  const worker = new Worker(source, { eval: true, env: {}, execArgv: [] });
  return worker.on('error', () => {}); // or one that nobody waits for any more would end the process
}

async function instantiate(
  binary: string,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  return WebAssembly.instantiate(await readFile(binary), imports);
}

/** Calls what changes the process's globals and listeners on its way, and puts them back. */
function withoutTraces<T>(start: () => T): T {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.flatMap((event): unknown[] => process.listeners(event as 'uncaughtException'));
  const worker = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  // Emscripten makes eight workers at once: these stand for them until ours take their place.
  Object.defineProperty(globalThis, 'Worker', { configurable: true, get: () => class {}, set: () => {} });
  try {
    return start();
  } finally {
    if (worker) Object.defineProperty(globalThis, 'Worker', worker);
    else Reflect.deleteProperty(globalThis, 'Worker');
    for (const event of events) {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before.includes(listener)) process.removeListener(event, listener);
      }
    }
  }
}

/** The names under which upstream's backend calls the module. */
function withNames(module: Module): Module {
  const { cwrap } = module as unknown as { cwrap: (...call: unknown[]) => never };
  module.tfjs = {
    init: cwrap('init', null, []),
    initWithThreadsCount: cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: cwrap('get_threads_count', 'number', []),
    registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: cwrap('dispose_data', null, ['number']),
    dispose: cwrap('dispose', null, []),
  };
  return module;
}
