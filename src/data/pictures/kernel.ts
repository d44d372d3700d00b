// Resampling kernels, and the weights with which source pixels enter each target pixel, as Pillow computes
// them (precompute_coeffs and normalize_coeffs_8bpc in its Resample.c). The kernel is stretched by the scale
// when shrinking, so that every source pixel counts: what torchvision calls antialiasing.

/** A function of the distance in pixels, zero from `support` on. */
export interface Kernel {
  readonly support: number;
  at(distance: number): number;
}

/** Keys' cubic convolution with a = −0.5: CLIP's kernel. */
export const bicubic: Kernel = {
  support: 2,
  at(distance) {
    const a = -0.5;
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
  },
};

/** The triangle. */
export const bilinear: Kernel = {
  support: 1,
  at(distance) {
    const x = Math.abs(distance);
    return x < 1 ? 1 - x : 0;
  },
};

/** How source pixels enter `count` neighbouring target pixels of one side. */
export interface Weights {
  readonly count: number;
  /** The source pixels that any of them needs: start … end − 1. */
  readonly start: number;
  readonly end: number;
  /** Target pixel i takes source pixels start + first[i] … start + first[i] + length[i] − 1. */
  readonly first: Int32Array;
  readonly length: Int32Array;
  /** [count, stride]; the first length[i] of row i are used, and sum to 1. */
  readonly values: Float64Array;
  readonly stride: number;
}

/**
 * The weights for target pixels `from` … `from + count − 1` of a side that goes from `source` to `target`
 * pixels. Every operation is in Pillow's order, so the doubles are the same to the last bit.
 */
export function weights(
  source: number,
  target: number,
  from: number,
  count: number,
  kernel: Kernel,
): Weights {
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const squeeze = 1 / stretch;
  const firstOf = (centre: number): number => Math.max(Math.trunc(centre - support + 0.5), 0);
  const endOf = (centre: number): number => Math.min(Math.trunc(centre + support + 0.5), source);
  const start = firstOf((from + 0.5) * scale);
  const end = endOf((from + count - 1 + 0.5) * scale);
  const stride = Math.min(Math.ceil(support) * 2 + 1, end - start);
  const first = new Int32Array(count);
  const length = new Int32Array(count);
  const values = new Float64Array(count * stride);
  for (let i = 0; i < count; i++) {
    const centre = (from + i + 0.5) * scale;
    const left = firstOf(centre);
    const row = values.subarray(i * stride, i * stride + endOf(centre) - left);
    let sum = 0;
    for (let k = 0; k < row.length; k++) {
      const value = kernel.at((k + left - centre + 0.5) * squeeze);
      row[k] = value;
      sum += value;
    }
    if (sum !== 0) for (let k = 0; k < row.length; k++) row[k] = row[k]! / sum;
    first[i] = left - start;
    length[i] = row.length;
  }
  return { count, start, end, first, length, values, stride };
}

/** Fraction bits of an integer weight: 8-bit samples times weights then fit 32 bits with room for the sum. */
export const PRECISION = 22;

/** Weights as integers of PRECISION fraction bits, rounded half away from zero. */
export function integerWeights({ values }: Weights): Int32Array {
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! * 2 ** PRECISION;
    integers[i] = value < 0 ? value - 0.5 : value + 0.5; // storing drops the fraction
  }
  return integers;
}
