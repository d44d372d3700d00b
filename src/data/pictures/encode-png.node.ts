// RGB pixels → a PNG file's bytes, through pngjs.
import { PNG } from 'pngjs';

/** `rgb` is uint8 [height, width, 3]; the file is 8-bit RGB without alpha. */
export function encodePng(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const png = new PNG({ width, height, inputColorType: 2, colorType: 2, inputHasAlpha: false });
  png.data = Buffer.from(rgb.buffer, rgb.byteOffset, width * height * 3);
  return PNG.sync.write(png, { inputColorType: 2, colorType: 2, inputHasAlpha: false });
}
