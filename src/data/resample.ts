// One pass of Pillow's separable resize: pixels along each row, or along each column, are summed by their weights.
// 8-bit samples: a sum begins at one half, adds sample × integer weight in 32 bits and drops the fraction; a
// Uint8ClampedArray cuts it to 0…255. 16-bit samples: in double. The loops are plain; they are the whole cost.
import { integerWeights, PRECISION, type Weights } from './kernel.ts';

/** Samples in a buffer: row y begins at `offset + y × stride`. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly offset: number;
  readonly stride: number;
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
  const target = new Uint8ClampedArray(rows * stride);
  const factors = integerWeights(weights);
  if (channels === 3) rowsOfThree({ ...source, data: source.data }, rows, weights, factors, target);
  else {
    for (let c = 0; c < channels; c++) {
      rowsOfOne({ ...source, data: source.data }, rows, channels, c, weights, factors, target);
    }
  }
  return { data: new Uint8Array(target.buffer), offset: 0, stride };
}

/** Samples along each column, whatever they mean: [source, samples] → [count, samples]. */
export function alongColumns(source: Samples, samples: number, weights: Weights): Samples {
  const { data, offset, stride } = source;
  if (data instanceof Uint16Array) {
    const target = new Uint16Array(weights.count * samples);
    for (let i = 0; i < samples; i++) sums16(data, offset + i, stride, weights, target, i, samples);
    return { data: target, offset: 0, stride: samples };
  }
  const target = new Uint8ClampedArray(weights.count * samples);
  columns8({ data, offset, stride }, samples, weights, integerWeights(weights), target);
  return { data: new Uint8Array(target.buffer), offset: 0, stride: samples };
}

interface Bytes extends Samples {
  readonly data: Uint8Array;
}

const HALF = 1 << (PRECISION - 1);

function rowsOfOne(
  { data, offset, stride }: Bytes,
  rows: number,
  channels: number,
  channel: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8ClampedArray,
): void {
  const { count, first, length } = weights;
  let out = channel;
  for (let y = 0; y < rows; y++) {
    const row = offset + y * stride + channel;
    for (let x = 0; x < count; x++) {
      let sum = HALF;
      let at = row + first[x]! * channels;
      const begin = x * weights.stride;
      const end = begin + length[x]!;
      for (let k = begin; k < end; k++) {
        sum = (sum + Math.imul(data[at]!, factors[k]!)) | 0;
        at += channels;
      }
      target[out] = sum >> PRECISION;
      out += channels;
    }
  }
}

function rowsOfThree(
  { data, offset, stride }: Bytes,
  rows: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8ClampedArray,
): void {
  const { count, first, length } = weights;
  let out = 0;
  for (let y = 0; y < rows; y++) {
    const row = offset + y * stride;
    for (let x = 0; x < count; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let at = row + first[x]! * 3;
      const begin = x * weights.stride;
      const end = begin + length[x]!;
      for (let k = begin; k < end; k++) {
        const factor = factors[k]!;
        red = (red + Math.imul(data[at]!, factor)) | 0;
        green = (green + Math.imul(data[at + 1]!, factor)) | 0;
        blue = (blue + Math.imul(data[at + 2]!, factor)) | 0;
        at += 3;
      }
      target[out] = red >> PRECISION;
      target[out + 1] = green >> PRECISION;
      target[out + 2] = blue >> PRECISION;
      out += 3;
    }
  }
}

function columns8(
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
