// A program in WGSL, run through TensorFlow.js's backend: tfjs-backend-webgpu 4.22, src/webgpu_program.ts, writes what
// stands before and after it. Every input is an array named as in `inputs`, the answer is `result`; `uniforms` holds
// numbers, and `index` counts the program's threads.
import * as tf from '@tensorflow/tfjs-core';

const THREADS = 64;

export interface Program {
  /** Programs of one name have the same code. */
  name: string;
  code: string;
  /** What it reads, by the names that the code has for them. */
  inputs: Record<string, tf.TensorInfo>;
  /** The answer's shape; or a tensor to change, which is then the answer. */
  output: number[] | tf.TensorInfo;
  groups: number;
  /** In each group; 64 unless given. */
  threads?: number;
  uniforms?: Uniforms;
}

export type Uniforms = Readonly<Record<string, { type: 'i32' | 'f32'; value: number }>>;

/** The part of the backend that is used here. */
interface Backend {
  runWebGPUProgram(
    program: object,
    inputs: tf.TensorInfo[],
    dtype: string,
    uniforms: { type: string; data: number[] }[],
    output?: tf.TensorInfo,
  ): tf.TensorInfo;
  disposeData(dataId: object): boolean;
}

/** Runs it: a float32 tensor that TensorFlow.js does not count. */
export function runProgram(program: Program): tf.TensorInfo {
  const { name, code, inputs, output, groups, threads = THREADS, uniforms = {} } = program;
  const backend = tf.backend() as unknown as Backend;
  const given = Array.isArray(output) ? undefined : output;
  const outputShape = given?.shape ?? (output as number[]);
  const numbers = Object.entries(uniforms);
  return backend.runWebGPUProgram(
    {
      outputShape,
      variableNames: Object.keys(inputs),
      uniforms: numbers.map(([uniform, { type }]) => `${uniform} : ${type},`).join(' '),
      workgroupSize: [threads, 1, 1],
      dispatchLayout: { x: outputShape.map((_, axis) => axis) },
      dispatch: [groups, 1, 1],
      shaderKey: `clip-tfjs ${name}`,
      getUserCode: () => code,
    },
    Object.values(inputs),
    'float32',
    numbers.map(([, { type, value }]) => ({ type: type === 'i32' ? 'int32' : 'float32', data: [value] })),
    given,
  );
}

/** The same numbers in another shape; no tensor of its own. */
export function viewed(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId: tensor.dataId, dtype: tensor.dtype, shape };
}

/** [..., D] → [rows, D] */
export function rowsOf(tensor: tf.TensorInfo): tf.TensorInfo & { shape: [rows: number, width: number] } {
  const width = tensor.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(tensor.shape) / width;
  return { ...viewed(tensor, [rows, width]), shape: [rows, width] };
}

/** A number for each element of `like`, of which `expression` says what it is: `inputs` are arrays of that size. */
export function elementwise(
  name: string,
  expression: string,
  inputs: Record<string, tf.TensorInfo>,
  { helpers = '', uniforms = {} }: { helpers?: string; uniforms?: Uniforms } = {},
): tf.TensorInfo {
  const [like] = Object.values(inputs) as [tf.TensorInfo];
  const size = tf.util.sizeFromShape(like.shape);
  const flat = Object.entries(inputs).map(([key, tensor]) => [key, viewed(tensor, [size])]);
  const answer = runProgram({
    name,
    code: `
      ${helpers}
      fn main(index : i32) {
        if (index < uniforms.count) { result[index] = ${expression}; }
      }`,
    inputs: Object.fromEntries(flat) as Record<string, tf.TensorInfo>,
    output: [size],
    groups: Math.ceil(size / THREADS),
    uniforms: { count: { type: 'i32', value: size }, ...uniforms },
  });
  return viewed(answer, like.shape);
}

/**
 * What joins a workgroup's threads, for code where all of them pass. Each thread adds up all parts itself: reading what
 * others read too is cheap, and waiting for each other is not.
 */
const JOINED = `
  var<workgroup> lanes : array<f32, ${THREADS}>;
  ${joined('total', '0.0', 'all + lanes[i]')}
  ${joined('largest', 'lanes[0]', 'max(all, lanes[i])')}
`;

function joined(name: string, first: string, next: string): string {
  return `fn ${name}(value : f32) -> f32 {
    workgroupBarrier(); // until all have read what was there before
    lanes[localIndex] = value;
    workgroupBarrier();
    var all = ${first};
    for (var i = 0; i < ${THREADS}; i = i + 1) { all = ${next}; }
    return all;
  }`;
}

/**
 * A workgroup for each row of an answer [rows, width]. `code` has the `row`, which begins at `start`; its thread, number
 * `lane`, takes every `THREADS`-th of `width`, and \`total\` and \`largest\` are over all threads. `each` then gives the
 * answer at `at`, the `i`-th of the row.
 */
export function rowwise(
  name: string,
  { helpers = '', code = '', each }: { helpers?: string; code?: string; each: string },
  inputs: Record<string, tf.TensorInfo>,
  output: [rows: number, width: number],
  uniforms: Uniforms = {},
): tf.TensorInfo {
  const [rows, width] = output;
  return runProgram({
    name,
    code: `
      const THREADS = ${THREADS};
      ${JOINED}
      ${helpers}
      fn main(index : i32) {
        let width = uniforms.width;
        // There may be workgroups too many. They go along, for all threads have to meet, and write nothing.
        let isRow = index / THREADS < uniforms.rows;
        let row = min(index / THREADS, uniforms.rows - 1);
        let lane = i32(localIndex);
        let start = row * width;
        ${code}
        if (isRow) {
          for (var i = lane; i < width; i = i + THREADS) {
            let at = start + i;
            result[at] = ${each};
          }
        }
      }`,
    inputs,
    output,
    groups: rows,
    uniforms: { rows: { type: 'i32', value: rows }, width: { type: 'i32', value: width }, ...uniforms },
  });
}
