// What our kernels use of TensorFlow.js's wasm backend: tfjs-backend-wasm 4.22, src/backend_wasm.ts.
import * as tf from '@tensorflow/tfjs-core';

export interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  /** A view of the engine's memory, to be taken after the last makeOutput: a growing memory moves. */
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
  refCount(dataId: object): number;
  incRef(dataId: object): void;
  /** `memoryOffset` is an address in bytes. */
  readonly dataIdMap: { get(dataId: object): { id: number; memoryOffset: number } };
  readonly wasm: Emscripten;
}

/** One of the two Emscripten modules, threaded or not. */
interface Emscripten {
  wasmMemory?: WebAssembly.Memory;
  asm: { memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
  tfjs: {
    getThreadsCount(): number;
    registerTensor(id: number, size: number, address: number): void;
    /** Not the memory, which is JavaScript's to free, but all that was derived of the tensor. */
    disposeData(id: number): void;
  };
}

/** The engine that runs, which must be wasm. */
export function wasmBackend(): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** The engine's Emscripten module, under our names. */
export interface WasmModule {
  /** The engine's memory; a SharedArrayBuffer is behind it where the engine has threads. */
  readonly memory: WebAssembly.Memory;
  /** Addresses in bytes; 0 where there is no more memory. */
  malloc(bytes: number): number;
  free(address: number): void;
  /** How many threads the engine computes with. */
  readonly threads: number;
}

/** The module of the wasm engine that runs. Throws an Error where another engine runs. */
export function wasmModule(): WasmModule {
  const { wasm } = wasmBackend() as Partial<WasmBackend>;
  const memory = wasm?.wasmMemory ?? wasm?.asm.memory;
  if (!wasm || !memory) throw new Error(`the engine that runs is ${tf.getBackend()}, not wasm`);
  return {
    memory,
    malloc: (bytes) => wasm._malloc(bytes) >>> 0, // above 2 GB they come out negative
    free: (address) => wasm._free(address),
    threads: Math.max(1, wasm.tfjs.getThreadsCount()),
  };
}
