// Transparency around a resize: Pillow multiplies the colours of LA and RGBA by their alpha first and divides
// afterwards (its modes La and RGBa), so that the hidden colour of a transparent pixel does not bleed.
// In 8 bits both steps round, and the result is not what went in.

import type { Samples } from './resample.ts';

/** a × b / 255, rounded, for bytes: Pillow's MULDIV255. */
export function timesByte(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** Colours × alpha, alpha being a pixel's last sample; [rows, samples] of the source → new memory. */
export function premultiply(source: Samples, rows: number, samples: number, channels: number): Samples {
  const data = new Uint8Array(rows * samples);
  let out = 0;
  for (let y = 0; y < rows; y++) {
    const row = source.offset + y * source.stride;
    for (let at = row; at < row + samples; at += channels) {
      const alpha = source.data[at + channels - 1]!;
      for (let c = 0; c < channels - 1; c++) data[out++] = timesByte(source.data[at + c]!, alpha);
      data[out++] = alpha;
    }
  }
  return { data, offset: 0, stride: samples };
}

/** Colours ÷ alpha in place, cut off at 255; fully transparent and fully opaque pixels stay. */
export function unpremultiply(data: Samples['data'], channels: number): void {
  for (let at = 0; at < data.length; at += channels) {
    const alphaAt = at + channels - 1;
    const alpha = data[alphaAt]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let i = at; i < alphaAt; i++) data[i] = Math.min(255, Math.trunc((255 * data[i]!) / alpha));
  }
}
