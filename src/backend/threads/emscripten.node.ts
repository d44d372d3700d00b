// Starts TensorFlow.js's threaded WebAssembly build in Node, where upstream switches it off. Emscripten's file for it, which
// the package carries, was made for Node too: what it lacks there is workers that know where it is and that let a process
// end. Here it gets them: as many as are used (it would start eight), with nothing of the process's own start-up in
// them, and without a trace in the process's globals.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

const require = createRequire(import.meta.url);
const FOLDER = '@tensorflow/tfjs-backend-wasm/wasm-out';

type Module = BackendWasm['wasm'];

/** A worker as Emscripten keeps it. */
export interface Pthread extends Worker {
  onerror?: (error: Error) => void;
}

interface Threads {
  unusedWorkers: Pthread[];
  runningWorkers: Pthread[];
}

/** What Emscripten is given, and makes its module of. */
interface Settings {
  PThread?: Threads;
  mainScriptUrlOrBlob?: string;
  [name: string]: unknown;
}

type Factory = (settings: Settings) => Promise<Module & { PThread?: Threads }>;

/** Which of upstream's three builds. */
export type Build = 'threaded-simd' | 'simd' | 'plain';

/** The build's module, ready, for `new BackendWasm`; with `threads` − 1 workers where it is the threaded one. */
export async function startModule(build: Build, threads = 1): Promise<Module> {
  const script = require.resolve(
    `${FOLDER}/tfjs-backend-wasm${build === 'threaded-simd' ? `-${build}` : ''}.js`,
  );
  const binary = require.resolve(`${FOLDER}/tfjs-backend-wasm${build === 'plain' ? '' : `-${build}`}.wasm`);
  const workers = build === 'threaded-simd' ? startWorkers(threads - 1) : [];
  try {
    const compiled = await WebAssembly.compile(await readFile(binary));
    return await new Promise((resolve, reject) => {
      for (const worker of workers) worker.once('error', reject);
      const settings: Settings = {
        mainScriptUrlOrBlob: script, // what a worker reads and runs
        locateFile: (file: string) => file,
        print: () => {},
        printErr: () => {},
        onAbort: (reason: unknown) => reject(new Error(`WebAssembly: ${reason}`)),
        instantiateWasm: (imports: WebAssembly.Imports, receive: (...made: unknown[]) => void) => {
          if (settings.PThread) settings.PThread.unusedWorkers = workers;
          // The build takes at most half of the processors it is told of.
          const env = { ...imports.env, emscripten_num_logical_cores: () => 2 * threads };
          WebAssembly.instantiate(compiled, { ...imports, env }).then(
            (instance) => receive(instance, compiled),
            reject,
          );
          return {};
        },
      };
      withoutTraces(() => (require(script) as Factory)(settings)).then(
        (module) => resolve(withNames(module)),
        reject,
      );
    });
  } catch (error) {
    for (const worker of workers) void worker.terminate();
    throw error;
  }
}

/** Workers that run Emscripten's own script, and none of what the process was told to run in every thread. */
function startWorkers(count: number): Pthread[] {
  const { wasmWorkerContents } = require(`${FOLDER}/tfjs-backend-wasm-threaded-simd.worker.js`);
  const source = wasmWorkerContents.replace(/\n/g, '\\n'); // a line break inside a string of it
  return Array.from({ length: count }, () => new Worker(source, { eval: true, env: {}, execArgv: [] }));
}

/** Calls what changes the process's globals on its way, and changes them back. */
function withoutTraces<T>(start: () => T): T {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const listeners = events.map((event) => process.listeners(event as 'uncaughtException'));
  const worker = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  // Emscripten starts eight workers at once: these stand for them until ours take their place.
  Object.defineProperty(globalThis, 'Worker', { configurable: true, get: () => class {}, set: () => {} });
  try {
    return start();
  } finally {
    if (worker) Object.defineProperty(globalThis, 'Worker', worker);
    else Reflect.deleteProperty(globalThis, 'Worker');
    for (const [at, event] of events.entries()) {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!listeners[at]!.includes(listener)) process.removeListener(event, listener);
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
