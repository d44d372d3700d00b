// The scatter that gather's gradient is made of: rows [K, D], a segment's number for each, [K] → sums [S, D]. Stands
// beside tf.unsorted_segment_sum. TensorFlow.js's kernel turns rows and sums over, two passes through a gradient of the
// size of the token table, and adds with atomic operations in whatever order the threads come. Here each thread has a
// column and goes down the rows: the same sums each time.
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';
import { runProgram, viewed } from './program.ts';

export function registerWebGPUUnsortedSegmentSum(): void {
  replaceKernel('webgpu', 'UnsortedSegmentSum', (plain) => (call) => {
    const { x, segmentIds } = call.inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    if (x.dtype !== 'float32') return plain(call);
    const segments = call.attrs!.numSegments as number;
    const rows = x.shape[0]!;
    const width = tf.util.sizeFromShape(x.shape) / rows;
    const fill = tf.getKernel('Fill', 'webgpu').kernelFunc;
    const attrs = { shape: [segments, width], value: 0, dtype: 'float32' as const };
    const zeros = fill({ inputs: {}, backend: call.backend, attrs }) as tf.TensorInfo;
    const threads = 64;
    const sums = runProgram({
      name: 'unsortedSegmentSum',
      code: `
        fn main(index : i32) {
          if (index >= uniforms.width) { return; }
          for (var row = 0; row < uniforms.rows; row = row + 1) {
            let segment = segmentIds[row];
            if (segment < 0 || segment >= uniforms.segments) { continue; } // such a row is dropped
            let at = segment * uniforms.width + index;
            result[at] = result[at] + x[row * uniforms.width + index];
          }
        }`,
      inputs: { x: viewed(x, [rows, width]), segmentIds },
      output: zeros,
      groups: Math.ceil(width / threads),
      threads,
      uniforms: {
        rows: { type: 'i32', value: rows },
        width: { type: 'i32', value: width },
        segments: { type: 'i32', value: segments },
      },
    });
    return viewed(sums, [segments, ...x.shape.slice(1)]);
  });
}
