// The WebAssembly module behind TensorFlow.js's wasm engine: what a kernel of our own needs of it.
import * as tf from '@tensorflow/tfjs-core';

/** The part of the engine's Emscripten module that is used here. */
export interface WasmModule {
  /** The engine's memory; a SharedArrayBuffer is behind it where the engine has threads. */
  readonly memory: WebAssembly.Memory;
  /** Addresses in bytes; 0 where there is no more memory. Use `>>> 0`: above 2 GB they come out negative. */
  malloc(bytes: number): number;
  free(address: number): void;
  /** How many threads the engine computes with. */
  readonly threads: number;
}

/** What TensorFlow.js's wasm backend holds: one of the two Emscripten modules, threaded or not. */
interface Emscripten {
  wasmMemory?: WebAssembly.Memory;
  asm: { memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
  tfjs: { getThreadsCount(): number };
}

/** The module of the wasm engine that runs. Throws an Error where another engine runs. */
export function wasmModule(): WasmModule {
  const { wasm } = tf.backend() as unknown as { wasm?: Emscripten };
  const memory = wasm?.wasmMemory ?? wasm?.asm.memory;
  if (!wasm || !memory) throw new Error(`the engine that runs is ${tf.getBackend()}, not wasm`);
  return {
    memory,
    malloc: (bytes) => wasm._malloc(bytes) >>> 0,
    free: (address) => wasm._free(address),
    threads: Math.max(1, wasm.tfjs.getThreadsCount()),
  };
}
