// float32 → IEEE half precision, to the nearest and of two equally near ones to the even: what torch.Tensor.half() does.

/** Rounds every number; `overflowed` is the first finite one that half precision cannot hold (65,520 and beyond). */
export function narrowToHalf(values: Float32Array): { halves: Uint16Array; overflowed: number | undefined } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  let overflowed: number | undefined;
  for (let i = 0; i < bits.length; i++) {
    const half = halfOf(bits[i]!);
    halves[i] = half;
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) overflowed ??= values[i];
  }
  return { halves, overflowed };
}

/** The bits of a float32 (1 sign, 8 exponent, 23 fraction) → those of a half (1, 5, 10). */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff); // not a number
  if (size >= 0x477ff000) return sign | 0x7c00; // 65,520, halfway to 2^16, and all above: infinite
  if (size >= 0x38800000) {
    const even = (size >>> 13) & 1;
    return sign | ((size + 0xfff + even - 0x38000000) >>> 13); // the exponent's bias, 127 → 15
  }
  const shift = 126 - (size >>> 23); // below 2^-14 halves are multiples of 2^-24
  if (shift > 24) return sign;
  const fraction = (size & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const [left, middle] = [fraction & ((1 << shift) - 1), 1 << (shift - 1)];
  return sign | (kept + (left > middle || (left === middle && (kept & 1) === 1) ? 1 : 0));
}
