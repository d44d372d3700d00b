// The scatter that gather's gradient is made of: rows [K, D], a segment's number for each, [K] → sums [S, D].
// Stands beside tf.unsorted_segment_sum. The wasm engine of TensorFlow.js 4.22 has no such kernel, and the text tower
// gathers twice (rows of the token table, the end token's rows), so it could not be trained there.
import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.ts';

/** Adds the kernel to the wasm engine, where it is missing. Cheap to call again; harmless where wasm never starts. */
export function registerWasmUnsortedSegmentSum(): void {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as unknown as { numSegments: number };
      const memory = backend as WasmBackend;
      const width = tf.util.sizeFromShape(x.shape.slice(1));
      const output = memory.makeOutput([numSegments, ...x.shape.slice(1)], 'float32');
      // Views of the engine's memory, taken after makeOutput: a growing memory moves.
      const [rows, segments, sums] = [x, segmentIds, output].map((t) => memory.typedArrayFromHeap(t));
      sums!.fill(0);
      for (let row = 0; row < segments!.length; row++) {
        const segment = segments![row]!;
        if (segment < 0 || segment >= numSegments) continue; // as TensorFlow: such a row is dropped
        const [from, to] = [row * width, segment * width];
        for (let i = 0; i < width; i++) sums![to + i]! += rows![from + i]!;
      }
      return output;
    },
  });
}
