import type * as tf from '@tensorflow/tfjs-core';

/** The part of the wasm engine that a kernel written in JavaScript needs. */
export interface WasmMemory {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  /** A view of the engine's memory, to be taken after the last makeOutput: a growing memory moves. */
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}
