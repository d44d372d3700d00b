// A picture file's bytes → Picture, as Pillow would open it. PNG and GIF are read here, because decoders that
// hand out RGBA have already lost what Pillow keeps (palettes, one bit, 16 bits, the colour under a transparent
// pixel); JPEG and WebP are decoded by sharp, without colour management, resizing or turning by EXIF.
import { constants as modes } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createInflate } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { ClipError } from '../../errors.ts';
import { decodeGif, isGif } from './gif.ts';
import { countScans, isJpeg, type JpegHeader, readJpegHeader } from './jpeg.ts';
import { checkDimensions, MAX_PIXELS, type Picture } from './picture.ts';
import { isPng, type PngHeader, readPngHeader, readPngPixels } from './png.ts';
import { isWebp, readWebpHeader } from './webp.ts';

/** The largest file that is read into memory, in bytes: 1 GiB. */
export const MAX_FILE_BYTES: number = 2 ** 30;

/** Reads and decodes a file. Throws a ClipError where there is none, or none that is a picture. */
export async function readPicture(path: string): Promise<Picture> {
  return decodePicture(await readPictureFile(path), path);
}

/** A picture file's bytes, not decoded. Throws a ClipError where there is no file, or one that is too large. */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  // A pipe that nobody writes to would be waited for here; Windows knows no such flag.
  const file = await open(path, modes.O_RDONLY | (modes.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'ENOENT' ? 'no such file' : error.code === 'EACCES' ? 'no permission' : error.message;
      throw new ClipError(`${path}: ${reason}`, { hint: 'give the path of a PNG, JPEG, WebP or GIF file' });
    },
  );
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new ClipError(path, {
        expected: 'a picture file',
        got: stat.isDirectory() ? 'a folder' : 'no plain file',
      });
    }
    if (stat.size > MAX_FILE_BYTES) {
      throw new ClipError(`${path}: the file is too large`, {
        expected: `at most ${MAX_FILE_BYTES} bytes`,
        got: stat.size,
      });
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Decodes PNG, JPEG, WebP or GIF (of several frames the first). `name` stands in the messages of errors. A picture whose
 * header says that it has more than `mostPixels` is refused before memory is taken for them.
 */
export async function decodePicture(
  bytes: Uint8Array,
  name = 'picture',
  mostPixels: number = MAX_PIXELS,
): Promise<Picture> {
  if (bytes.length === 0) throw new ClipError(`${name}: the file is empty`, { expected: 'a picture' });
  if (isPng(bytes)) {
    const header = readPngHeader(bytes, name, mostPixels);
    return readPngPixels(header, await inflate(header, name), name);
  }
  if (isGif(bytes)) return decodeGif(bytes, name, mostPixels);
  if (isJpeg(bytes)) {
    const header = readJpegHeader(bytes, name);
    checkDimensions(name, header.width, header.height, mostPixels);
    return decodeJpeg(header, name);
  }
  if (isWebp(bytes)) {
    const { width, height } = readWebpHeader(bytes, name);
    checkDimensions(name, width, height, mostPixels);
    return decodeWebp(bytes, name);
  }
  throw new ClipError(`${name}: not a picture this program reads`, {
    expected: 'PNG, JPEG, WebP or GIF',
    got: kindOf(bytes),
    hint: 'save it as PNG first',
  });
}

/** What a file is that we do not read: decoders of TIFF and AVIF here and in Pillow give different pixels. */
function kindOf(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith('BM')) return 'BMP';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'TIFF';
  if (text.startsWith('ftyp', 4)) return `${text.slice(8, 12).toUpperCase()} (AVIF, HEIC or a film)`;
  if (text.startsWith('%PDF')) return 'PDF';
  if (/^\s*</.test(text)) return 'SVG, HTML or another text in tags';
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `bytes ${start}`;
}

/** Deflate cannot pack bytes tighter than this: a header that promises more is refused before memory is taken. */
const MOST_DEFLATED = 1032;

/** Unpacks exactly the bytes the pixels need; what follows them in the stream does not matter. */
function inflate({ compressed, unpackedBytes }: PngHeader, name: string): Promise<Uint8Array> {
  const cut = new ClipError(`${name}: the PNG's pixels end too early`, {
    expected: `${unpackedBytes} bytes`,
    hint: 'the file is cut short; fetch or export it again',
  });
  if (unpackedBytes > compressed.length * MOST_DEFLATED) throw cut;
  const unpacked = new Uint8Array(unpackedBytes);
  return new Promise((resolve, reject) => {
    let filled = 0;
    const stream = createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 2 ** 18 });
    stream.on('data', (chunk: Uint8Array) => {
      const part = chunk.subarray(0, unpackedBytes - filled);
      unpacked.set(part, filled);
      filled += part.length;
      if (chunk.length > part.length) {
        stream.destroy();
        resolve(unpacked);
      }
    });
    stream.on('end', () => (filled < unpackedBytes ? reject(cut) : resolve(unpacked)));
    stream.on('error', ({ message }) =>
      reject(
        new ClipError(`${name}: the PNG's pixels cannot be unpacked: ${message}`, {
          hint: 'the file is damaged',
        }),
      ),
    );
    stream.end(compressed);
  });
}

/** Scans a JPEG may have to be decoded without libvips' own limits; a progressive one has about ten. */
const MOST_SCANS = 100;

async function decodeJpeg(header: JpegHeader, name: string): Promise<Picture> {
  const { width, height, components, stripped } = header;
  // libvips gives up after 16 warnings unless it is told to be unlimited; Pillow never does.
  const image = decoder(stripped, countScans(stripped) <= MOST_SCANS);
  const raw = await pixels(
    components === 4 ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image,
    name,
  );
  if (raw.width !== width || raw.height !== height) {
    throw new ClipError(`${name}: the JPEG contradicts itself about its size`, {
      hint: 'the file is damaged',
    });
  }
  const mode = components === 4 ? 'CMYK' : components === 3 ? 'RGB' : 'L';
  const data = firstChannels(raw.data, raw.channels, components);
  return { mode, width, height, data };
}

async function decodeWebp(bytes: Uint8Array, name: string): Promise<Picture> {
  const { data, width, height, channels } = await pixels(decoder(bytes, false), name);
  return { mode: channels === 4 ? 'RGBA' : 'RGB', width, height, data };
}

/** Warnings about damaged pixels are let pass, as in Pillow; a file that ends too early is not. */
function decoder(bytes: Uint8Array, unlimited: boolean): Sharp {
  return sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: MAX_PIXELS, unlimited });
}

interface Raw {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

async function pixels(image: Sharp, name: string): Promise<Raw> {
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new ClipError(`${name}: cannot be decoded: ${error.message.split('\n')[0]}`, {
        hint: 'the file is damaged or cut short; fetch or export it again',
      });
    });
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), ...info };
}

/** Drops the channels after the first `keep`. */
function firstChannels(data: Uint8Array, channels: number, keep: number): Uint8Array {
  if (channels === keep) return data;
  const kept = new Uint8Array((data.length / channels) * keep);
  for (let i = 0; i < kept.length; i++) kept[i] = data[Math.floor(i / keep) * channels + (i % keep)]!;
  return kept;
}
