// Crop and resize as a matrix: A X Bᵀ reads a window of a picture X at any size. A product has a gradient on every
// engine; wasm has none for TensorFlow.js's own image operations.

/**
 * Fills `target` with the rows that read `count` samples, evenly spaced, from the window [start, start + span) of a line of
 * `length` samples: [count, length], each row summing to 1. Between samples a triangle, widened where the window shrinks so
 * that nothing is passed over (Pillow's bilinear); beyond the line's ends its last sample goes on. A negative span reads
 * backwards.
 */
export function fillInterpolation(
  target: Float32Array,
  { length, count, start, span }: { length: number; count: number; start: number; span: number },
): void {
  target.fill(0);
  const step = span / count;
  const reach = Math.max(1, Math.abs(step));
  for (let row = 0; row < count; row++) {
    const centre = start + (row + 0.5) * step - 0.5; // sample j lies at j
    const weights = target.subarray(row * length, (row + 1) * length);
    let sum = 0;
    for (let at = Math.ceil(centre - reach); at <= centre + reach; at++) {
      const weight = 1 - Math.abs(at - centre) / reach;
      const sample = Math.min(length - 1, Math.max(0, at));
      weights[sample] = weights[sample]! + weight;
      sum += weight;
    }
    for (let at = 0; at < length; at++) weights[at] = weights[at]! / sum;
  }
}

/** The rows of a Gaussian blur of a line, `deviation` in samples: [length, length], each row summing to 1. */
export function gaussianRows(length: number, deviation: number): Float32Array {
  const rows = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    const weights = rows.subarray(row * length, (row + 1) * length);
    for (let at = 0; at < length; at++) weights[at] = Math.exp(-0.5 * ((at - row) / deviation) ** 2);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (let at = 0; at < length; at++) weights[at] = weights[at]! / sum;
  }
  return rows;
}
