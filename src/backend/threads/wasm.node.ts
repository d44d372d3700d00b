// The engine `wasm` in Node: TensorFlow.js's WebAssembly backend, with threads where it can have them.
import * as tf from '@tensorflow/tfjs-core';
import { wasm as browserWasm, type Engine, type StartOptions, selectBackend } from '../engine.ts';
import { type Pthread, startModule } from './emscripten.node.ts';
import { threadCount } from './thread-count.node.ts';

const PRIORITY = 2; // upstream's, among TensorFlow.js's backends

export const wasm: Engine = {
  ...browserWasm,
  start: async (options) => {
    if (!tf.findBackend('wasm')) await register(options);
    await selectBackend('wasm');
  },
};

async function register({ threads: asked, onNote }: StartOptions): Promise<void> {
  const { BackendWasm, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const threads = threadCount(asked);
  const module = await (threads > 1 ? startModule('threaded-simd', threads) : startModule('simd')).catch(
    (error: Error) => {
      if (threads === 1) throw error;
      onNote?.(`wasm runs with one thread: ${error.message.split('\n')[0]}`);
      return startModule('simd');
    },
  );
  setThreadsCount(threads);
  const backend = new BackendWasm(module);
  const { PThread } = module as { PThread?: { runningWorkers: Pthread[] } };
  for (const worker of PThread?.runningWorkers ?? []) worker.unref();
  tf.removeBackend('wasm'); // upstream's own way to start it
  tf.registerBackend('wasm', () => backend, PRIORITY);
}
