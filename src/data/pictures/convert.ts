// Picture → RGB, as Pillow's convert("RGB") does it: alpha is dropped, not blended; 16-bit grey stops at 255;
// CMYK is plain arithmetic with no colour profile.
import { timesByte } from './alpha.ts';
import { CHANNELS, type Picture } from './picture.ts';

/** A picture of any mode → the same in mode RGB; one that is RGB already is given back as it is. */
export function convertToRgb(picture: Picture): Picture {
  const { mode, width, height, data, palette } = picture;
  if (mode === 'RGB') return picture;
  const pixels = width * height;
  const rgb = new Uint8Array(pixels * 3);
  const channels = CHANNELS[mode];
  for (let i = 0; i < pixels; i++) {
    const at = i * channels;
    const out = i * 3;
    if (mode === 'RGBA') {
      for (let c = 0; c < 3; c++) rgb[out + c] = data[at + c]!;
    } else if (mode === 'CMYK') {
      const light = 255 - data[at + 3]!;
      for (let c = 0; c < 3; c++) rgb[out + c] = Math.max(0, light - timesByte(data[at + c]!, light));
    } else if (mode === 'P') {
      for (let c = 0; c < 3; c++) rgb[out + c] = palette![data[i]! * 3 + c]!;
    } else {
      rgb.fill(Math.min(255, data[at]!), out, out + 3);
    }
  }
  return { mode: 'RGB', width, height, data: rgb };
}
