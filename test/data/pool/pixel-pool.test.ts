// The pool of workers: the bits of the main thread, whatever is broken told, nothing kept alive.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crc32 } from '../../../src/checkpoint/crc32.ts';
import { augment } from '../../../src/data/pictures/augment.ts';
import { decodePicture, readPicture } from '../../../src/data/pictures/decode.node.ts';
import { encodePng } from '../../../src/data/pictures/encode-png.node.ts';
import type { Picture } from '../../../src/data/pictures/picture.ts';
import { normalize, preprocess } from '../../../src/data/pictures/preprocess.ts';
import {
  PixelPool,
  type PixelPoolOptions,
  type PixelRequest,
} from '../../../src/data/pool/pixel-pool.node.ts';
import { shapesTest } from '../../../src/data/shapes/shapes.ts';
import { fixture } from '../../support.ts';
import { temporaryFolder } from '../sets/temporary.ts';

const SIZE = 48;
const normalization = { image_mean: [0.5, 0.4, 0.3], image_std: [0.2, 0.25, 0.3] } as const;
const augmentation = { scale: [0.3, 1], flip: 0.5 } as const;
const files = readdirSync(fixture('pictures')).map((name) => fixture('pictures', name));
const shapes = shapesTest();

const pools: PixelPool[] = [];
afterAll(() => Promise.all(pools.map((pool) => pool.close())));
function pool(options: Partial<PixelPoolOptions> = {}): PixelPool {
  const made = new PixelPool({ size: SIZE, normalization, workers: 2, ...options });
  pools.push(made);
  return made;
}

test.each([0, 1, 2])('%i workers give the bits of the main thread, augmented or not', async (workers) => {
  const sources = [
    ...files.map((path) => ({ path })),
    ...files.map((path) => ({ bytes: readFileSync(path) })),
    ...[0, 1, 2].map((i) => ({ picture: shapes.image(i) })),
  ];
  // Every other picture has a seed.
  const requests = sources.map((source, i): PixelRequest => (i % 2 ? { source } : { source, seed: 77 + i }));
  const { pixels, kept, broken } = await pool({ workers, augmentation }).read(requests);
  expect(broken).toEqual([]);
  expect(kept).toEqual([...requests.keys()]);
  const length = 3 * SIZE * SIZE;
  expect(pixels).toHaveLength(requests.length * length);
  for (const [i, { source, seed }] of requests.entries()) {
    const picture = 'picture' in source ? source.picture : await read(source);
    const expected =
      seed === undefined
        ? preprocess(picture, SIZE, normalization)
        : normalize(augment(picture, SIZE, seed, augmentation), SIZE * SIZE, normalization);
    expect(Buffer.compare(bytesOf(pixels.subarray(i * length, (i + 1) * length)), bytesOf(expected))).toBe(0);
  }
});

function read(source: { path: string } | { bytes: Uint8Array }): Promise<Picture> {
  return 'path' in source ? readPicture(source.path) : decodePicture(source.bytes);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

test.each([0, 2])('what is broken is named and passed over, with %i workers', async (workers) => {
  const png = readFileSync(
    fixture(
      'pictures',
      files
        .find((f) => f.endsWith('.png'))!
        .split('/')
        .at(-1)!,
    ),
  );
  const jpeg = readFileSync(files.find((f) => f.endsWith('.jpg'))!);
  const bomb = Buffer.from(png.subarray(0, 33));
  bomb.writeUInt32BE(40_000, 16);
  bomb.writeUInt32BE(40_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  const folder = temporaryFolder({
    'good.png': encodePng(new Uint8Array(12).fill(200), 2, 2),
    'cut.jpg': jpeg.subarray(0, jpeg.length >> 1),
    'text.jpg': 'no picture',
    'empty.png': '',
    'bomb.png': bomb,
    'x.png/': '',
    'line\nbreak.png': 'no picture',
  });
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  mkdirSync(join(folder, 'none'));
  const names = ['cut.jpg', 'good.png', 'text.jpg', 'empty.png', 'bomb.png', 'x.png', 'none.png', 'good.png'];
  const requests = [...names, 'pipe.png', 'line\nbreak.png', 'nul\0.png'].map((name) => ({
    source: { path: join(folder, name) },
  }));
  const odd = { mode: 'P', width: 2, height: 2, data: new Uint8Array(4) } as const; // a palette picture without one
  const { pixels, kept, broken } = await pool({ workers, size: 2 }).read([
    ...requests,
    { source: { picture: odd } },
  ]);
  expect(kept).toEqual([1, 7]);
  expect(pixels).toHaveLength(2 * 12);
  expect(pixels[0]).toBeCloseTo((200 / 255 - 0.5) / 0.2, 5);
  expect([...pixels.subarray(0, 12)]).toEqual([...pixels.subarray(12)]);
  expect(broken.map(({ at }) => at)).toEqual([0, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
  const reasons = Object.fromEntries(broken.map(({ name, reason }) => [name.split('/').at(-1), reason]));
  for (const { name, reason } of broken) expect(name + reason).not.toMatch(/[\r\n\0]/);
  expect(reasons).toMatchObject({
    'cut.jpg': expect.stringMatching(/^cannot be decoded/),
    'text.jpg': expect.stringMatching(/^not a picture this program reads/),
    'empty.png': expect.stringMatching(/^the file is empty/),
    'bomb.png': expect.stringMatching(/^too many pixels: .* got 40000×40000/),
    'x.png': expect.stringMatching(/got a folder/),
    'none.png': expect.stringMatching(/^no such file/),
    'pipe.png': expect.stringMatching(/got no plain file/),
    'a picture in memory': expect.stringMatching(/./),
  });
});

test('nothing to read, and nothing that can be read', async () => {
  const none = { pixels: new Float32Array(0), kept: [], broken: [] };
  expect(await pool().read([])).toMatchObject(none);
  const lost = await pool().read([{ source: { path: '/none/1.png' } }, { source: { path: '/none/2.png' } }]);
  expect([lost.pixels.length, lost.kept, lost.broken.map(({ name }) => name)]).toEqual([
    0,
    [],
    ['/none/1.png', '/none/2.png'],
  ]);
});

test('a picture that is a part of a buffer is read as itself', async () => {
  const picture = shapes.image(0);
  const all = new Uint8Array(10_000);
  all.set(picture.data, 5000);
  const part = { ...picture, data: all.subarray(5000, 5000 + picture.data.length) };
  const { pixels } = await pool().read([{ source: { picture: part } }]);
  expect(pixels).toEqual(preprocess(picture, SIZE, normalization));
});

test('closing in the middle of reads, again and again, harms nothing', async () => {
  for (let round = 0; round < 5; round++) {
    const closing = pool();
    const reads = [1, 2].map(() => closing.read(files.map((path) => ({ source: { path } }))));
    if (round > 0)
      await pool({ workers: 0 }).read(files.slice(0, 4 * round).map((path) => ({ source: { path } })));
    await closing.close();
    // Nobody waited for them until here: that ends no process.
    for (const { status } of await Promise.allSettled(reads))
      expect(['fulfilled', 'rejected']).toContain(status);
    await expect(closing.read([{ source: { path: files[0]! } }])).rejects.toThrow('closed');
  }
});

test('an open pool keeps no process alive', () => {
  const code = `
    const { PixelPool } = await import(${JSON.stringify(new URL('../../../src/data/pool/pixel-pool.node.ts', import.meta.url).href)});
    const pool = new PixelPool({ size: 8, normalization: {}, workers: 2 });
    const { kept } = await pool.read([{ source: { path: ${JSON.stringify(files[0])} } }]);
    console.log('read', kept.length);`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect([stdout, stderr, status]).toEqual(['read 1\n', '', 0]);
});

test('settings that cannot be are refused', () => {
  expect(() => pool({ size: 0 })).toThrow(/picture size/);
  expect(() => pool({ workers: -1 })).toThrow(/workers: expected a whole number/);
  expect(() => pool({ augmentation: { scale: [0, 1], flip: 0 } })).toThrow(/share of a picture/);
});
