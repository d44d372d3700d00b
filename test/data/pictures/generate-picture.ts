// Pictures made from numbers alone, the same here and in scripts/record_pictures.py (`generate`), so that a
// fixture holds a seed instead of pixels.
import { CHANNELS, type Mode, type Picture } from '../../../src/data/pictures/picture.ts';

/** A well mixed 32-bit number for each counter. */
function mix(counter: number): number {
  let x = counter;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** By seed mod 3: noise; only the darkest and brightest values (where clipping bites); a ramp. */
function sample(seed: number, index: number, bits: number): number {
  const most = 2 ** bits - 1;
  if (seed % 3 === 2) return (index * ((seed % 13) + 1)) & most;
  const noise = mix((index + Math.imul(seed, 0x9e3779b9)) | 0);
  return seed % 3 === 1 ? (noise & 1) * most : noise & most;
}

export function generate(mode: Mode, width: number, height: number, seed: number): Picture {
  const length = width * height * CHANNELS[mode];
  const bits = mode === '1' ? 1 : mode === 'I;16' ? 16 : 8;
  const data = new (mode === 'I;16' ? Uint16Array : Uint8Array)(length);
  for (let i = 0; i < length; i++) data[i] = sample(seed, i, bits) * (mode === '1' ? 255 : 1);
  if (mode !== 'P') return { mode, width, height, data };
  const palette = Uint8Array.from({ length: 768 }, (_, i) => sample(3 * seed, i, 8));
  return { mode, width, height, data, palette };
}
