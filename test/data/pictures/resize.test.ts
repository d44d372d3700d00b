// The steps of the resize by themselves: other kernels and sizes, windows, the crop's padding, and the loops in
// vectors beside their plain definitions.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { centerCrop, cropPicture, resizeShorterSide } from '../../../src/data/pictures/crop.ts';
import { bicubic, bilinear, integerWeights, weights } from '../../../src/data/pictures/kernel.ts';
import { CHANNELS, type Mode, type Picture } from '../../../src/data/pictures/picture.ts';
import { plainColumns, plainRows } from '../../../src/data/pictures/resample.ts';
import { columnsInVectors, rowsInVectors } from '../../../src/data/pictures/resample-simd.ts';
import { resize } from '../../../src/data/pictures/resize.ts';
import { generate } from './generate-picture.ts';

interface Step {
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly pixels: string;
}
const recording: {
  resizes: (Step & { kernel: 'bicubic' | 'bilinear'; to: [number, number] })[];
  crops: (Step & { size: number })[];
} = JSON.parse(readFileSync(new URL('../../fixtures/pictures.json', import.meta.url), 'utf8'));

const sha256 = ({ data }: Picture): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
const source = ({ mode, width, height, seed }: Step): Picture => generate(mode, width, height, seed);

test('resizes with both kernels equal Pillow', () => {
  expect(recording.resizes.length).toBeGreaterThan(40);
  const ours = recording.resizes.map((step) => {
    const kernel = step.kernel === 'bicubic' ? bicubic : bilinear;
    return { ...step, pixels: sha256(resize(source(step), ...step.to, kernel)) };
  });
  expect(ours).toEqual(recording.resizes);
});

test('centre crops equal torchvision, padding too', () => {
  expect(recording.crops.some(({ size, width, height }) => size > width && size < height)).toBe(true);
  const ours = recording.crops.map((step) => ({
    ...step,
    pixels: sha256(centerCrop(source(step), step.size)),
  }));
  expect(ours).toEqual(recording.crops);
});

test.each(['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16'] as const)(
  'mode %s: a window holds the pixels of the whole, whichever pass comes first',
  (mode) => {
    for (const [width, height] of [
      [61, 47],
      [30, 200],
      [200, 31],
      [24, 90],
    ] as const) {
      const picture = generate(mode, width, height, 3);
      const whole = resizeShorterSide(picture, 24);
      const left = Math.floor((whole.width - 24) / 2);
      const top = Math.floor((whole.height - 24) / 2);
      const window = { left, top, width: 24, height: 24 };
      const part = resize(picture, whole.width, whole.height, bicubic, window);
      const expected = Array.from({ length: 24 }, (_, y) => {
        const from = ((top + y) * whole.width + left) * CHANNELS[mode];
        return Array.from(whole.data.subarray(from, from + 24 * CHANNELS[mode]));
      });
      expect(Array.from(part.data)).toEqual(expected.flat());
    }
  },
);

test('sums in vectors equal the plain ones, in one strip and in many', () => {
  for (const [width, height, count] of [
    [37, 20, 11],
    [11, 5, 50],
    [900, 700, 30],
  ] as const) {
    for (const channels of [1, 2, 3, 4]) {
      const data = generate('L', width * channels, height, width + channels).data as Uint8Array;
      const source = { data, offset: 0, stride: width * channels };
      const along = weights(width, count, 0, count, bicubic);
      const [plain, vectors] = [
        new Uint8ClampedArray(height * count * channels),
        new Uint8Array(height * count * channels),
      ];
      plainRows(source, height, channels, along, integerWeights(along), plain);
      expect(rowsInVectors(source, height, channels, along, integerWeights(along), vectors)).toBe(true);
      expect(Buffer.compare(vectors, new Uint8Array(plain.buffer))).toBe(0);

      const down = weights(height, count, 0, count, bicubic);
      const [plainDown, vectorsDown] = [
        new Uint8ClampedArray(width * count * channels),
        new Uint8Array(width * count * channels),
      ];
      plainColumns(source, width * channels, down, integerWeights(down), plainDown);
      expect(columnsInVectors(source, width * channels, down, integerWeights(down), vectorsDown)).toBe(true);
      expect(Buffer.compare(vectorsDown, new Uint8Array(plainDown.buffer))).toBe(0);
    }
  }
});

test('sizes that cannot be are refused in one line', () => {
  const picture = generate('RGB', 4, 3, 0);
  for (const size of [0, -1, 1.5, Number.NaN, 1e9]) {
    expect(() => cropPicture(picture, size)).toThrow(/^picture size: expected a whole number/);
  }
  const thread: Picture = { mode: '1', width: 1, height: 2e8, data: new Uint8Array(0) };
  expect(() => cropPicture(thread, 224)).toThrow(/^picture too long and thin/);
});
