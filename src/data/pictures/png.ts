// PNG → Picture, with the modes Pillow gives (its PngImagePlugin): palettes stay indices, one-bit pictures stay
// one-bit, 16-bit grey stays 16-bit, every other 16-bit sample keeps its high byte, and a transparent colour
// (tRNS) leaves the samples alone. Unpacking the zlib stream is the caller's: Node and browsers differ there.
import { ClipError } from '../../errors.ts';
import { join } from './join.ts';
import { CHANNELS, checkDimensions, type Mode, type Picture } from './picture.ts';

/** What a PNG says before its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Samples a pixel, as stored. */
  readonly samples: number;
  readonly mode: Mode;
  readonly interlaced: boolean;
  readonly palette?: Uint8Array;
  /** The IDAT chunks, joined: one zlib stream. */
  readonly compressed: Uint8Array;
  /** Length of that stream once unpacked: each row with its filter byte. */
  readonly unpackedBytes: number;
}

/** Pillow's mode for each (colour type, depth) the format allows. */
const MODES: Readonly<Record<string, Mode>> = {
  '0,1': '1',
  '0,2': 'L',
  '0,4': 'L',
  '0,8': 'L',
  '0,16': 'I;16',
  '2,8': 'RGB',
  '2,16': 'RGB',
  '3,1': 'P',
  '3,2': 'P',
  '3,4': 'P',
  '3,8': 'P',
  '4,8': 'LA',
  '4,16': 'RGBA', // Pillow has no reader from 16-bit LA to LA
  '6,8': 'RGBA',
  '6,16': 'RGBA',
};
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The seven passes of Adam7: first column and row, and the steps between them. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const PLAIN = [[0, 0, 1, 1]] as const;

/** True where the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}

/** Reads the chunks. Like Pillow, it holds the checksums of those before the pixels, and no others, to their bytes. */
export function readPngHeader(bytes: Uint8Array, name: string, mostPixels?: number): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (what: string): ClipError =>
    new ClipError(`${name}: ${what}`, { hint: 'the PNG is damaged or cut short; fetch or export it again' });
  let header: Omit<PngHeader, 'compressed' | 'palette'> | undefined;
  let palette: Uint8Array | undefined;
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^\w{4}$/.test(type)) {
      if (parts.length > 0) break;
      throw damaged('not a PNG chunk');
    }
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'IDAT') parts.push(body);
    else if (body.length < length) throw damaged(`PNG chunk ${type} is cut short`);
    else if (parts.length === 0) {
      const end = at + 8 + length;
      if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
        throw damaged(`PNG chunk ${type} does not match its checksum`);
      }
      if (type === 'IHDR') header = readSizes(body, name, mostPixels);
      if (type === 'PLTE' && header?.mode === 'P') {
        if (body.length > 768) throw damaged('PNG palette of more than 256 colours');
        palette = new Uint8Array(768);
        palette.set(body.subarray(0, body.length - (body.length % 3)));
      }
    }
    at += 12 + length;
  }
  if (!header) throw damaged('PNG without a header');
  if (parts.length === 0) throw damaged('PNG without pixels');
  if (header.mode === 'P') palette ??= new Uint8Array(768);
  return { ...header, compressed: join(parts), ...(palette && { palette }) };
}

function readSizes(
  body: Uint8Array,
  name: string,
  mostPixels?: number,
): Omit<PngHeader, 'compressed' | 'palette'> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 13)
    throw new ClipError(`${name}: PNG header`, { expected: '13 bytes', got: body.length });
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, filter, interlace] = [body[8]!, body[9]!, body[11]!, body[12]!];
  const mode = MODES[`${colour},${depth}`];
  if (!mode || filter !== 0) {
    throw new ClipError(`${name}: not a PNG of this format`, {
      expected: 'a colour type and depth of the standard',
      got: `type ${colour}, ${depth} bits, filter ${filter}`,
    });
  }
  checkDimensions(name, width, height, mostPixels);
  const samples = SAMPLES[colour]!;
  const sizes = { width, height, depth, samples, mode, interlaced: interlace !== 0 };
  let unpackedBytes = 0;
  for (const pass of passes(sizes)) unpackedBytes += pass.rows * (1 + pass.rowBytes);
  return { ...sizes, unpackedBytes };
}

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  readonly rowBytes: number;
}

/** The passes that hold at least one pixel. */
function passes(header: Pick<PngHeader, 'width' | 'height' | 'depth' | 'samples' | 'interlaced'>): Pass[] {
  const { width, height, depth, samples, interlaced } = header;
  return (interlaced ? ADAM7 : PLAIN)
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX));
      const rows = Math.max(0, Math.ceil((height - y) / stepY));
      return { x, y, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * samples * depth) / 8) };
    })
    .filter((pass) => pass.columns > 0 && pass.rows > 0);
}

/** The unpacked stream → pixels. Undoes the filters inside `unpacked`. */
export function readPngPixels(header: PngHeader, unpacked: Uint8Array, name: string): Picture {
  const { width, height, depth, samples, mode, palette } = header;
  const channels = CHANNELS[mode];
  const data = new (mode === 'I;16' ? Uint16Array : Uint8Array)(width * height * channels);
  const pixelBytes = Math.max(1, (samples * depth) >> 3);
  const wide = samples === 2 && channels === 4; // grey and alpha → RGBA
  let at = 0;
  for (const { x, y, stepX, stepY, columns, rows, rowBytes } of passes(header)) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    const line = new (mode === 'I;16' ? Uint16Array : Uint8Array)(columns * samples);
    for (let row = 0; row < rows; row++) {
      const filter = unpacked[at]!;
      const bytes = unpacked.subarray(at + 1, at + 1 + rowBytes);
      at += 1 + rowBytes;
      unfilter(filter, bytes, above, pixelBytes, name);
      above = bytes;
      unpack(bytes, header, line);
      const out = ((y + row * stepY) * width + x) * channels;
      if (stepX === 1 && !wide) data.set(line, out);
      else {
        for (let i = 0; i < columns; i++) {
          const to = out + i * stepX * channels;
          for (let c = 0; c < channels; c++) {
            data[to + c] = line[i * samples + (wide ? Number(c === 3) : c)]!;
          }
        }
      }
    }
  }
  return { mode, width, height, data, ...(palette && { palette }) };
}

/** One row's samples: bits spread over 0…255 where they are grey, left as they are where they are indices. */
function unpack(bytes: Uint8Array, { depth, mode }: PngHeader, line: Uint8Array | Uint16Array): void {
  if (depth === 8) line.set(bytes.subarray(0, line.length));
  else if (mode === 'I;16')
    for (let i = 0; i < line.length; i++) line[i] = (bytes[2 * i]! << 8) | bytes[2 * i + 1]!;
  else if (depth === 16) for (let i = 0; i < line.length; i++) line[i] = bytes[2 * i]!;
  else {
    const most = (1 << depth) - 1;
    const factor = mode === 'P' ? 1 : 255 / most;
    const perByte = 8 / depth;
    for (let i = 0; i < line.length; i++) {
      const shift = 8 - depth - (i % perByte) * depth;
      line[i] = ((bytes[Math.floor(i / perByte)]! >> shift) & most) * factor;
    }
  }
}

/** Undoes one row's filter in place; `above` is the row before it, unfiltered. */
function unfilter(
  filter: number,
  row: Uint8Array,
  above: Uint8Array,
  pixelBytes: number,
  name: string,
): void {
  const length = row.length;
  if (filter === 1) {
    for (let i = pixelBytes; i < length; i++) row[i] = row[i]! + row[i - pixelBytes]!;
  } else if (filter === 2) {
    for (let i = 0; i < length; i++) row[i] = row[i]! + above[i]!;
  } else if (filter === 3) {
    for (let i = 0; i < length; i++) {
      const left = i < pixelBytes ? 0 : row[i - pixelBytes]!;
      row[i] = row[i]! + ((left + above[i]!) >> 1);
    }
  } else if (filter === 4) {
    for (let i = 0; i < Math.min(pixelBytes, length); i++) row[i] = row[i]! + above[i]!;
    for (let i = pixelBytes; i < length; i++) {
      row[i] = row[i]! + paeth(row[i - pixelBytes]!, above[i]!, above[i - pixelBytes]!);
    }
  } else if (filter !== 0) {
    throw new ClipError(`${name}: PNG row filter`, {
      expected: '0 to 4',
      got: filter,
      hint: 'the file is damaged',
    });
  }
}

/** Of left, above and corner, the one nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}
