// A decoded picture, in the mode Pillow would open the file with. The mode matters because OpenAI's
// preprocessing resizes first and converts to RGB afterwards, and Pillow's resize treats the modes apart.
import { ClipError } from '../../errors.ts';

/**
 * Pillow's names. `1`: black and white, kept as 0 and 255. `L`: grey. `LA`: grey and alpha. `P`: indices into
 * a palette. `RGB`, `RGBA` (alpha not premultiplied). `CMYK`: 255 is full ink. `I;16`: grey, 0…65535.
 */
export type Mode = '1' | 'L' | 'LA' | 'P' | 'RGB' | 'RGBA' | 'CMYK' | 'I;16';

/** Samples a pixel has in each mode. */
export const CHANNELS: Readonly<Record<Mode, number>> = {
  '1': 1,
  L: 1,
  LA: 2,
  P: 1,
  RGB: 3,
  RGBA: 4,
  CMYK: 4,
  'I;16': 1,
};

/** Pixels in memory, row after row, a pixel's samples side by side. */
export interface Picture {
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
  /** [height, width, CHANNELS[mode]]; a Uint16Array for `I;16`, else a Uint8Array. */
  readonly data: Uint8Array | Uint16Array;
  /** [256, 3], for mode `P` only: red, green and blue of each index. */
  readonly palette?: Uint8Array;
}

/** The most pixels a picture may have: where Pillow speaks of a decompression bomb (2 × MAX_IMAGE_PIXELS). */
export const MAX_PIXELS = 178_956_970;

/**
 * Refuses a width and height that no picture has, or that hold more than `most` pixels. Decoders call it on a
 * file's header, before any memory is taken for its pixels.
 */
export function checkDimensions(
  name: string,
  width: number,
  height: number,
  most: number = MAX_PIXELS,
): void {
  if (width < 1 || height < 1) {
    throw new ClipError(`${name}: a picture without pixels`, {
      expected: 'at least 1×1',
      got: `${width}×${height}`,
    });
  }
  if (width * height > most) {
    throw new ClipError(`${name}: too many pixels`, {
      expected: `at most ${most}`,
      got: `${width}×${height} = ${width * height}`,
      hint: 'shrink the picture first',
    });
  }
}
