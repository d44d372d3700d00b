/** Rows [n, width], one after another, each scaled to length 1 where it stands; a row of zeros stays one. */
export function normalizeRows(rows: Float32Array, width: number): void {
  for (let start = 0; start < rows.length; start += width) {
    let squares = 0;
    for (let i = start; i < start + width; i++) squares += rows[i]! ** 2;
    const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares);
    for (let i = start; i < start + width; i++) rows[i]! *= scale;
  }
}
