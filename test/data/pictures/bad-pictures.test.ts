// Files that are no pictures, or damaged ones: each is refused in one line, before memory is taken for pixels.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { decodePicture, readPicture } from '../../../src/data/pictures/decode.node.ts';
import { encodePng } from '../../../src/data/pictures/encode-png.node.ts';
import { CHANNELS } from '../../../src/data/pictures/picture.ts';
import { ClipError } from '../../../src/errors.ts';
import { refusal } from '../sets/temporary.ts';

const pictures = new URL('../../fixtures/pictures/', import.meta.url).pathname;
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(pictures, name)));
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a missing file, a folder, an empty file, a text', async () => {
  expect(await refusal(readPicture(join(folder, 'none.png')))).toMatch(/none\.png: no such file/);
  expect(await refusal(readPicture(folder))).toMatch(/expected a picture file, got a folder/);
  writeFileSync(join(folder, 'empty.jpg'), '');
  expect(await refusal(readPicture(join(folder, 'empty.jpg')))).toMatch(/empty\.jpg: the file is empty/);
  writeFileSync(join(folder, 'text.png'), 'no picture');
  expect(await refusal(readPicture(join(folder, 'text.png')))).toMatch(/expected PNG, JPEG, WebP or GIF/);
});

test('formats that are not read are named', async () => {
  const named = {
    BMP: 'BM00',
    TIFF: 'II*\0',
    'AVIF ': '\0\0\0\x1cftypavif',
    SVG: '<svg xmlns=',
    PDF: '%PDF-1.7',
  };
  for (const [name, text] of Object.entries(named)) {
    expect(await refusal(decodePicture(new TextEncoder().encode(text)))).toContain(`got ${name}`);
  }
});

test.each(
  readdirSync(pictures).filter((name) => /(8bit|interlaced|colour-4|cmyk|loss|palette|small).*\./.test(name)),
)('%s cut short is refused at every length', async (name) => {
  const bytes = fixture(name);
  // The last bytes of a PNG hold no pixels, nor do those of a GIF; Pillow opens such files too.
  const needed = name.endsWith('.jpg') || name.endsWith('.webp') ? bytes.length - 1 : bytes.length * 0.9;
  for (let part = 0; part < 12; part++) {
    await refusal(decodePicture(bytes.subarray(0, Math.floor((needed * part) / 11)), name));
  }
});

function png(
  width: number,
  height: number,
  pixels: Uint8Array,
  header: readonly number[] = [8, 2, 0, 0, 0],
): Uint8Array {
  const whole = encodePng(new Uint8Array(3), 1, 1); // its checksums are right; only the header's is remade here
  const view = new DataView(whole.buffer, whole.byteOffset);
  view.setUint32(16, width);
  view.setUint32(20, height);
  whole.set(header, 24);
  view.setUint32(29, crc32(whole.subarray(12, 29)));
  const compressed = deflateSync(pixels);
  const chunk = new Uint8Array(12 + compressed.length);
  new DataView(chunk.buffer).setUint32(0, compressed.length);
  chunk.set(new TextEncoder().encode('IDAT'), 4);
  chunk.set(compressed, 8);
  return new Uint8Array([...whole.subarray(0, 33), ...chunk]);
}

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return ~value >>> 0;
}

test('a PNG whose checksum, header, filter or size is wrong', async () => {
  expect((await decodePicture(png(2, 1, Uint8Array.of(0, 1, 2, 3, 4, 5, 6)))).data).toEqual(
    Uint8Array.of(1, 2, 3, 4, 5, 6),
  );
  const changed = fixture('one-pixel.png');
  changed[20] = 77;
  expect(await refusal(decodePicture(changed))).toMatch(/IHDR does not match its checksum/);
  expect(await refusal(decodePicture(png(1, 1, new Uint8Array(9), [3, 0, 0, 0, 0])))).toMatch(
    /type 0, 3 bits/,
  );
  expect(await refusal(decodePicture(png(1, 1, Uint8Array.of(7, 1, 2, 3))))).toMatch(
    /row filter: expected 0 to 4, got 7/,
  );
  expect(await refusal(decodePicture(png(0, 1, new Uint8Array(9))))).toMatch(/without pixels/);
  expect(await refusal(decodePicture(png(20_000, 20_000, new Uint8Array(9))))).toMatch(
    /too many pixels: expected at most 178956970, got 20000×20000/,
  );
  expect(await refusal(decodePicture(png(13_000, 13_000, new Uint8Array(9))))).toMatch(
    /pixels end too early/,
  );
});

test('too many pixels in a JPEG, a WebP and a GIF', async () => {
  const jpeg = fixture('grey.jpg');
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  jpeg.set([0xff, 0xdc, 0xff, 0xdc], frame + 5);
  expect(await refusal(decodePicture(jpeg))).toMatch(/too many pixels: .* got 65500×65500/);
  const webp = fixture('lossy-alpha.webp');
  webp.set([255, 255, 0, 255, 255, 0], 24);
  expect(await refusal(decodePicture(webp))).toMatch(/too many pixels: .* got 65536×65536/);
  const gif = fixture('palette.gif');
  gif.set([255, 255, 255, 255], 6);
  expect(await refusal(decodePicture(gif))).toMatch(/too many pixels: .* got 65535×65535/);
});

test('bytes changed anywhere give a picture or a refusal, nothing else', async () => {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  const names = readdirSync(pictures).filter((name) => !name.startsWith('strip'));
  for (const name of [...names, ...names, ...names, ...names]) {
    const bytes = fixture(name);
    for (let i = 0; i < 3; i++) bytes[random(random(2) ? 64 : bytes.length)] = random(256);
    try {
      const { mode, width, height, data } = await decodePicture(bytes, name);
      expect(data.length).toBe(width * height * CHANNELS[mode]);
    } catch (error) {
      expect(error).toBeInstanceOf(ClipError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(20);
  expect(refused).toBeLessThan(names.length * 4);
});
