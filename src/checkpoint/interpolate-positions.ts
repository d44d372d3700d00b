// A ViT's positions for pictures of another size: the grid of them is resized bicubically, as Hugging Face's
// interpolate_pos_encoding does, which is torch.nn.functional.interpolate(mode='bicubic', align_corners=False).

/** Of the cubic kernel; PyTorch has −0.75 where Pillow has −0.5. */
const A = -0.75;

/** [from² + 1, width] → [to² + 1, width]: the class token's position stays, the grid's are interpolated. */
export function interpolatePositions(positions: Float32Array, from: number, to: number): Float32Array {
  const width = positions.length / (from * from + 1);
  const resized = new Float32Array((to * to + 1) * width);
  resized.set(positions.subarray(0, width)); // of the class token
  const taps = Array.from({ length: to }, (_, i) => tapsOf(i, from, to));
  const rows = new Float64Array(from * to * width); // [from, to, width]: each row of the grid, resized
  for (let y = 0; y < from; y++) {
    for (const [x, { at, weights }] of taps.entries()) {
      for (const [i, weight] of weights.entries()) {
        const source = (1 + y * from + at[i]!) * width;
        const target = (y * to + x) * width;
        for (let d = 0; d < width; d++) rows[target + d]! += weight * positions[source + d]!;
      }
    }
  }
  for (const [y, { at, weights }] of taps.entries()) {
    for (let x = 0; x < to; x++) {
      const target = (1 + y * to + x) * width;
      for (let d = 0; d < width; d++) {
        let sum = 0;
        for (let i = 0; i < 4; i++) sum += weights[i]! * rows[(at[i]! * to + x) * width + d]!;
        resized[target + d] = sum;
      }
    }
  }
  return resized;
}

/** The four places of the old grid that the new place `i` is made of; beyond the edge the edge is taken again. */
function tapsOf(i: number, from: number, to: number): { at: number[]; weights: number[] } {
  const centre = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  const t = centre - first;
  return {
    at: [-1, 0, 1, 2].map((step) => Math.min(Math.max(first + step, 0), from - 1)),
    weights: [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)],
  };
}

/** The kernel up to a distance of 1, and from 1 to 2. */
function inner(x: number): number {
  return ((A + 2) * x - (A + 3)) * x * x + 1;
}
function outer(x: number): number {
  return ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}
