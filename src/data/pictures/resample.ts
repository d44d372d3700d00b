// One pass of Pillow's separable resize: pixels along each row, or along each column, are summed by their weights.
// 8-bit samples: a sum begins at one half, adds sample × integer weight in 32 bits and drops the fraction; a
// Uint8ClampedArray cuts it to 0…255. 16-bit samples: in double. The loops over bytes are the
// whole cost: resample-simd.ts runs the same sums many at a time, and the plain ones here say what they are.
import { integerWeights, PRECISION, type Weights } from './kernel.ts';
import { type Bytes, columnsInVectors, rowsInVectors } from './resample-simd.ts';

/** Samples in a buffer: row y begins at `offset + y × stride`. */
export interface Samples extends Omit<Bytes, 'data'> {
  readonly data: Uint8Array | Uint16Array;
}

/** Pixels of `channels` samples along each row: [rows, source, channels] → [rows, count, channels]. */
export function alongRows(source: Samples, rows: number, channels: number, weights: Weights): Samples {
  const stride = weights.count * channels;
  if (source.data instanceof Uint16Array) {
    const data = new Uint16Array(rows * stride);
    for (let y = 0; y < rows; y++) {
      sums16(source.data, source.offset + y * source.stride, 1, weights, data, y * stride, 1);
    }
    return { data, offset: 0, stride };
  }
  const bytes: Bytes = { ...source, data: source.data };
  const target = new Uint8ClampedArray(rows * stride);
  const data = new Uint8Array(target.buffer);
  const factors = integerWeights(weights);
  if (!rowsInVectors(bytes, rows, channels, weights, factors, data)) {
    plainRows(bytes, rows, channels, weights, factors, target);
  }
  return { data, offset: 0, stride };
}

/** Samples along each column, whatever they mean: [source, samples] → [count, samples]. */
export function alongColumns(source: Samples, samples: number, weights: Weights): Samples {
  const { data, offset, stride } = source;
  if (data instanceof Uint16Array) {
    const target = new Uint16Array(weights.count * samples);
    for (let i = 0; i < samples; i++) sums16(data, offset + i, stride, weights, target, i, samples);
    return { data: target, offset: 0, stride: samples };
  }
  const bytes: Bytes = { data, offset, stride };
  const target = new Uint8ClampedArray(weights.count * samples);
  const result = new Uint8Array(target.buffer);
  const factors = integerWeights(weights);
  if (!columnsInVectors(bytes, samples, weights, factors, result)) {
    plainColumns(bytes, samples, weights, factors, target);
  }
  return { data: result, offset: 0, stride: samples };
}

const HALF = 1 << (PRECISION - 1);

/** The plain definition of a pass along rows; target is [rows, count, channels]. */
export function plainRows(
  { data, offset, stride }: Bytes,
  rows: number,
  channels: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8ClampedArray,
): void {
  const { count, first, length } = weights;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < count; x++) {
      const begin = offset + y * stride + first[x]! * channels;
      const factor = x * weights.stride;
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let k = 0; k < length[x]!; k++) {
          sum = (sum + Math.imul(data[begin + k * channels + c]!, factors[factor + k]!)) | 0;
        }
        target[(y * count + x) * channels + c] = sum >> PRECISION;
      }
    }
  }
}

/** The plain definition of a pass along columns; target is [count, samples]. */
export function plainColumns(
  { data, offset, stride }: Bytes,
  samples: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8ClampedArray,
): void {
  const { count, first, length } = weights;
  const sums = new Int32Array(samples);
  for (let y = 0; y < count; y++) {
    sums.fill(HALF);
    const begin = y * weights.stride;
    for (let k = 0; k < length[y]!; k++) {
      const factor = factors[begin + k]!;
      const row = offset + (first[y]! + k) * stride;
      for (let i = 0; i < samples; i++) sums[i] = (sums[i]! + Math.imul(data[row + i]!, factor)) | 0;
    }
    const out = y * samples;
    for (let i = 0; i < samples; i++) target[out + i] = sums[i]! >> PRECISION;
  }
}

/** One row or column of 16-bit samples, `step` apart: rounded half away from zero and cut to 0…65535. */
function sums16(
  data: Uint16Array,
  begin: number,
  step: number,
  { count, first, length, values, stride }: Weights,
  target: Uint16Array,
  out: number,
  outStep: number,
): void {
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < length[i]!; k++)
      sum += data[begin + (first[i]! + k) * step]! * values[i * stride + k]!;
    target[out + i * outStep] = Math.max(0, Math.min(65535, Math.floor(sum + 0.5)));
  }
}
