// GIF, its first frame → Picture, as Pillow opens it: palette indices (mode P), or L where the palette is the
// grey ramp 0, 1, 2…; around a frame smaller than the canvas lies the transparent index, or 0. A transparent
// pixel keeps its index, and so its palette colour: decoders that blend it away cannot give Pillow's pixels.
import { ClipError } from '../../errors.ts';
import { checkDimensions, type Picture } from './picture.ts';

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Bits of a palette index, as the compressed stream takes them. */
  readonly bits: number;
  /** Where the frame's data blocks begin. */
  readonly start: number;
}

/** True where the bytes begin as a GIF does. */
export function isGif(bytes: Uint8Array): boolean {
  return /^GIF8[79]a$/.test(String.fromCharCode(...bytes.subarray(0, 6)));
}

/** Decodes the first frame. Throws a ClipError for a file that is damaged, cut short or too large. */
export function decodeGif(bytes: Uint8Array, name: string, mostPixels?: number): Picture {
  const cut = (): ClipError =>
    new ClipError(`${name}: the GIF ends too early or is damaged`, { hint: 'fetch or export it again' });
  const byte = (at: number): number => {
    if (at >= bytes.length) throw cut();
    return bytes[at]!;
  };
  const word = (at: number): number => byte(at) | (byte(at + 1) << 8);
  /** The position after the data blocks that begin at `at`. */
  const skipBlocks = (at: number): number => {
    while (byte(at) > 0) at += byte(at) + 1;
    return at + 1;
  };
  const readPalette = (at: number, flags: number): Uint8Array => {
    const size = 3 << ((flags & 7) + 1);
    byte(at + size - 1);
    return bytes.subarray(at, at + size);
  };

  let [width, height] = [word(6), word(8)];
  let palette: Uint8Array | undefined;
  let at = 13;
  const flags = byte(10);
  if (flags & 128) {
    palette = readPalette(at, flags);
    at += palette.length;
  }
  let transparent: number | undefined;
  let frame: Frame | undefined;
  while (!frame) {
    const kind = byte(at);
    if (kind === 0x3b) throw cut(); // the end, and no picture before it
    if (kind === 0x21) {
      if (byte(at + 1) === 0xf9 && byte(at + 2) >= 4 && byte(at + 3) & 1) transparent = byte(at + 6);
      at = skipBlocks(at + 2);
    } else if (kind === 0x2c) {
      const local = byte(at + 9);
      const [left, top] = [word(at + 1), word(at + 3)];
      const size = { width: word(at + 5), height: word(at + 7) };
      at += 10;
      if (local & 128) {
        palette = readPalette(at, local);
        at += palette.length;
      }
      frame = { left, top, ...size, interlaced: (local & 64) !== 0, bits: byte(at), start: at + 1 };
    } else at++;
  }
  checkDimensions(name, frame.width, frame.height, mostPixels);
  width = Math.max(width, frame.left + frame.width);
  height = Math.max(height, frame.top + frame.height);
  checkDimensions(name, width, height, mostPixels);

  const indices = unpackFrame(bytes, frame);
  if (!indices) throw cut();
  const data = new Uint8Array(width * height).fill(transparent ?? 0);
  for (let row = 0; row < frame.height; row++) {
    const line = indices.subarray(row * frame.width, (row + 1) * frame.width);
    data.set(line, (frame.top + rowPlace(row, frame)) * width + frame.left);
  }
  if (!palette || isGreyRamp(palette)) return { mode: 'L', width, height, data };
  const colours = new Uint8Array(768);
  colours.set(palette);
  return { mode: 'P', width, height, data, palette: colours };
}

function isGreyRamp(palette: Uint8Array): boolean {
  return palette.every((value, i) => value === Math.floor(i / 3));
}

/** Which row of the frame the n-th stored one is: interlaced frames hold every 8th first, then those between. */
function rowPlace(stored: number, { height, interlaced }: Frame): number {
  if (!interlaced) return stored;
  let before = 0;
  for (const [first, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    const rows = Math.max(0, Math.ceil((height - first) / step));
    if (stored < before + rows) return first + (stored - before) * step;
    before += rows;
  }
  return stored;
}

const TABLE = 4096;

/**
 * Undoes GIF's LZW: [height × width] indices, or undefined where the stream is damaged or ends before the last
 * pixel. Each code stands for a string of indices: one read before, and one index more.
 */
function unpackFrame(bytes: Uint8Array, { width, height, bits, start }: Frame): Uint8Array | undefined {
  // Every code takes at least bits + 1 ≥ 1 bits and stands for at most TABLE pixels: checked before memory is taken.
  if (bits > 12 || width * height > (bytes.length - start) * 8 * TABLE) return undefined;
  const pixels = new Uint8Array(width * height);
  const last = new Uint8Array(TABLE); // the last index of a code's string
  const parent = new Uint16Array(TABLE); // the code of the string without it
  const string = new Uint8Array(TABLE + 1);
  const clear = 1 << bits;
  let next = clear + 2;
  let size = bits + 1;
  let previous = -1;
  let firstOfPrevious = 0;
  let filled = 0;
  let buffer = 0;
  let buffered = 0;
  let block = 0;
  let at = start;
  while (filled < pixels.length) {
    while (buffered < size) {
      if (block === 0) {
        if (at >= bytes.length || at + bytes[at]! >= bytes.length) return undefined;
        block = bytes[at++]!;
      } else {
        buffer |= bytes[at++]! << buffered;
        buffered += 8;
        block--;
      }
    }
    const code = buffer & ((1 << size) - 1);
    buffer >>>= size;
    buffered -= size;
    if (code === clear) {
      next = clear + 2;
      size = bits + 1;
      previous = -1;
      continue;
    }
    if (code === clear + 1) return undefined; // the end, before the last pixel
    if (previous < 0) {
      if (code > clear) return undefined;
      firstOfPrevious = code;
      pixels[filled++] = code;
    } else {
      if (code > next) return undefined;
      let length = 0;
      let walk = code;
      if (code === next) {
        string[length++] = firstOfPrevious;
        walk = previous;
      }
      while (walk >= clear) {
        if (length >= TABLE || walk >= TABLE) return undefined;
        string[length++] = last[walk]!;
        walk = parent[walk]!;
      }
      firstOfPrevious = walk;
      string[length++] = walk;
      while (length > 0 && filled < pixels.length) pixels[filled++] = string[--length]!;
      if (next < TABLE) {
        last[next] = walk;
        parent[next] = previous;
        if (next === (1 << size) - 1 && size < 12) size++;
        next++;
      }
    }
    previous = code;
  }
  return pixels;
}
