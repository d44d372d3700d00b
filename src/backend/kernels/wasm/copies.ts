// Transpositions of five axes and more that leave the last one where it is (a picture's patches) and rows of a table
// (tokens) on the wasm engine: copies of whole runs of numbers. TensorFlow.js 4.22 moves number by number there, 29 ms for
// a picture of 224 × 224.
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';
import type { WasmBackend } from './backend.ts';

/** Shorter runs are left to the engine. */
const WORTH = 8;

/** Puts the copies in the place of the wasm engine's own kernels, where they serve. */
export function registerWasmRuns(): void {
  replaceKernel('wasm', 'Transpose', (plain) => (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    const perm = call.attrs!.perm as number[];
    const last = x.shape.length - 1;
    if (x.dtype !== 'float32' || last < 4 || perm[last] !== last || x.shape[last]! < WORTH)
      return plain(call);
    return transpose(x, perm, call.backend as WasmBackend);
  });
  replaceKernel('wasm', 'GatherV2', (plain) => (call) => {
    const { x, indices } = call.inputs as { x: tf.TensorInfo; indices: tf.TensorInfo };
    const { axis, batchDims } = call.attrs as { axis: number; batchDims: number };
    const run = tf.util.sizeFromShape(x.shape.slice(1));
    const isTable = x.dtype === 'float32' && indices.dtype === 'int32' && x.shape.length > 1 && run >= WORTH;
    if (!isTable || axis !== 0 || batchDims !== 0) return plain(call);
    const memory = call.backend as WasmBackend;
    const numbers = memory.typedArrayFromHeap(indices);
    if (!numbers.every((row) => row >= 0 && row < x.shape[0]!)) return plain(call); // it says what is wrong
    return copy(x, [...indices.shape, ...x.shape.slice(1)], run, memory, (write) => {
      for (const row of memory.typedArrayFromHeap(indices)) write(row * run);
    });
  });
}

function transpose(x: tf.TensorInfo, perm: number[], memory: WasmBackend): tf.TensorInfo {
  const strides = tf.util.computeStrides([...x.shape, 1]);
  const shape = perm.map((axis) => x.shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  const last = shape.length - 1;
  return copy(x, shape, shape[last]!, memory, (write) => {
    const along = (axis: number, at: number): void => {
      if (axis === last) write(at);
      else for (let i = 0; i < shape[axis]!; i++) along(axis + 1, at + i * steps[axis]!);
    };
    along(0, 0);
  });
}

/** A new tensor of runs of x, one behind the other; `each` calls its argument with where each begins in x. */
function copy(
  x: tf.TensorInfo,
  shape: number[],
  run: number,
  memory: WasmBackend,
  each: (write: (from: number) => void) => void,
): tf.TensorInfo {
  const answer = memory.makeOutput(shape, 'float32');
  // Views of the engine's memory, taken after makeOutput: a growing memory moves.
  const [from, to] = [x, answer].map((tensor) => memory.typedArrayFromHeap(tensor)) as [
    Float32Array,
    Float32Array,
  ];
  let at = 0;
  each((begin) => {
    for (let i = 0; i < run; i++) to[at++] = from[begin + i]!; // a view of so few numbers would cost more
  });
  return answer;
}
