// Matrix products on the wasm engine by code/product.ts: y = x W + b with its gradients, and every product of
// TensorFlow.js. Its own go through XNNPACK, which keeps a second copy of each matrix it has ever multiplied by; transposed
// and batched ones are plain loops there.
import * as tf from '@tensorflow/tfjs-core';
import { counted, type FastKernel } from '../kernel.ts';
import { replaceKernel } from '../replace.ts';
import type { WasmBackend } from './backend.ts';
import { MOST_COLUMNS, MOST_ROWS } from './code/product.ts';
import { columnSums } from './layers.ts';
import { addressOf, newTensor, wasmRunner } from './runner.ts';

/** One matrix, or a batch of them: `rows` × `columns` as it is used; stored the other way round where `isTurned`. */
interface Matrices {
  of: tf.TensorInfo;
  rows: number;
  columns: number;
  isTurned?: boolean;
  /** Whether there is one for each product of the batch. */
  isBatch?: boolean;
}

/** a · b for each of a batch of `count`, into a new tensor; `start` is a row that is added to each of the answer's. */
function multiply(
  a: Matrices,
  b: Matrices,
  shape: readonly number[],
  count = 1,
  start?: tf.TensorInfo,
): tf.TensorInfo {
  const answer = newTensor(shape);
  const runner = wasmRunner();
  const [rows, depth, columns] = [a.rows, a.columns, b.columns];
  if (depth === 0) return zeros(answer);
  const [rowBlocks, columnBlocks] = [Math.ceil(rows / MOST_ROWS), Math.ceil(columns / MOST_COLUMNS)];
  const fields = [
    addressOf(a.of),
    a.isTurned ? 4 : 4 * depth,
    a.isTurned ? 4 * rows : 4,
    a.isBatch ? 4 * rows * depth : 0,
    addressOf(b.of),
    4 * (b.isTurned ? depth : columns),
    b.isBatch ? 4 * depth * columns : 0,
    b.isTurned ? 1 : 0,
    depth,
    columns,
    start ? addressOf(start) : runner.zeros,
    start ? 4 : 0,
    addressOf(answer),
    4 * columns,
    4 * rows * columns,
    rows,
    rowBlocks,
    columnBlocks,
  ];
  const work = (count * rows * columns * depth) / 8;
  runner.run({ name: 'multiply', fields, parts: count * rowBlocks * columnBlocks, work });
  return answer;
}

export const linear: FastKernel<'x' | 'weight' | 'bias'> = {
  name: 'linear',
  saves: ['x', 'weight'],
  forward: ({ x, weight, bias }) => {
    const [inSize, outSize] = weight.shape as [number, number];
    const matrix = { of: x, rows: x.size / inSize, columns: inSize };
    const shape = [...x.shape.slice(0, -1), outSize];
    return multiply(matrix, { of: weight, rows: inSize, columns: outSize }, shape, 1, bias); // [..., out]
  },
  backward: (dy, [x, weight]) => {
    const [inSize, outSize] = weight!.shape as [number, number];
    const rows = x!.size / inSize;
    const gradient = { of: dy, rows, columns: outSize };
    return {
      x: () => {
        const matrix = { of: weight!, rows: outSize, columns: inSize, isTurned: true };
        return counted(multiply(gradient, matrix, x!.shape)); // [..., in]
      },
      weight: () => {
        const turned = { of: x!, rows: inSize, columns: rows, isTurned: true };
        return counted(multiply(turned, gradient, weight!.shape)); // [in, out]
      },
      bias: () => columnSums(dy, outSize), // [out]
    };
  },
};

/** Puts these products in the place of the wasm engine's own. */
export function registerWasmProduct(): void {
  replaceKernel('wasm', 'BatchMatMul', (plain) => (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
    const [left, right] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const [aCount, bCount] = [left, right].map(tf.util.sizeFromShape) as [number, number];
    const isEven =
      aCount === bCount
        ? `${left}` === `${right}`
        : aCount !== 0 && bCount !== 0 && (aCount === 1 || bCount === 1);
    if (!isEven || a.shape.at(transposeA ? -2 : -1) === 0) return plain(call);
    const [rows, depth] = a.shape.slice(-2) as [number, number];
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    const size = transposeA ? { rows: depth, columns: rows } : { rows, columns: depth };
    return multiply(
      { of: a, ...size, isTurned: transposeA === true, isBatch: aCount > 1 },
      { of: b, rows: size.columns, columns, isTurned: transposeB === true, isBatch: bCount > 1 },
      [...(aCount > bCount ? left : right), size.rows, columns],
      Math.max(aCount, bCount),
    );
  });
}

function zeros(tensor: tf.TensorInfo): tf.TensorInfo {
  (tf.backend() as unknown as WasmBackend).typedArrayFromHeap(tensor).fill(0);
  return tensor;
}
