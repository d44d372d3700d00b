// Augmentation: torchvision's, fed with the same draws, in every mode; where nothing is left to chance, preprocessing's.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { augment } from '../../../src/data/pictures/augment.ts';
import { convertToRgb } from '../../../src/data/pictures/convert.ts';
import { cropPicture } from '../../../src/data/pictures/crop.ts';
import { CHANNELS, type Mode, type Picture } from '../../../src/data/pictures/picture.ts';
import { ClipError } from '../../../src/errors.ts';
import { generate } from './generate-picture.ts';

/**
 * Mode, width, height, size, scale, seed (the picture's and the augmentation's), and the start of the result's SHA-256:
 * torchvision 0.28's RandomResizedCrop.get_params with `Tensor.uniform_` and `torch.randint` taking our draws (its logarithm in
 * double precision), resized_crop with BICUBIC, convert("RGB"), and hflip where the seed's first draw is below a half.
 */
const TORCHVISION: [Mode, number, number, number, [number, number], number, string][] = [
  ['1', 70, 50, 32, [0.2, 1], 1, 'fdec101b0c445653'],
  ['1', 33, 90, 40, [0.9, 1], 2, '5d9ee6bc7004b10a'],
  ['1', 300, 4, 16, [0.5, 1], 3, '64db08524a035c6b'],
  ['L', 70, 50, 32, [0.2, 1], 4, '358238caa80e8d69'],
  ['L', 33, 90, 40, [0.9, 1], 5, '6955e82a064f602a'],
  ['L', 300, 4, 16, [0.5, 1], 6, 'ccd085ff8559d2cf'],
  ['LA', 70, 50, 32, [0.2, 1], 7, '62cc1f1ea971e373'],
  ['LA', 33, 90, 40, [0.9, 1], 8, '88266aa8e78a4cbb'],
  ['LA', 300, 4, 16, [0.5, 1], 9, '98089e4dcde158cb'],
  ['P', 70, 50, 32, [0.2, 1], 10, 'a4d3bde1c727f36c'],
  ['P', 33, 90, 40, [0.9, 1], 11, '35dbe4624624e5a6'],
  ['P', 300, 4, 16, [0.5, 1], 12, 'a452b2c27451f631'],
  ['RGB', 70, 50, 32, [0.2, 1], 13, '587f16d1c60605b8'],
  ['RGB', 33, 90, 40, [0.9, 1], 14, '08a8779565c50b7e'],
  ['RGB', 300, 4, 16, [0.5, 1], 15, '42e36d76cc051a79'],
  ['RGBA', 70, 50, 32, [0.2, 1], 16, '8c03dc3b7d041768'],
  ['RGBA', 33, 90, 40, [0.9, 1], 17, '0f42f810bdca9701'],
  ['RGBA', 300, 4, 16, [0.5, 1], 18, '3cf23b7b9d0a8e4b'],
  ['CMYK', 70, 50, 32, [0.2, 1], 19, '029f684d2cc8cef1'],
  ['CMYK', 33, 90, 40, [0.9, 1], 20, '81014a5837a4518d'],
  ['CMYK', 300, 4, 16, [0.5, 1], 21, 'ef36adc2e7f381a1'],
  ['I;16', 70, 50, 32, [0.2, 1], 22, '2ee9e16425f2b1d1'],
  ['I;16', 33, 90, 40, [0.9, 1], 23, '09e99f4973f0e70d'],
  ['I;16', 300, 4, 16, [0.5, 1], 24, 'aa82eaecd7618ea9'],
];

test.each(TORCHVISION)(
  '%s of %i × %i to %i is as torchvision makes it',
  (mode, width, height, size, scale, seed, digest) => {
    const bytes = augment(generate(mode, width, height, seed), size, seed, { scale, flip: 0.5 });
    expect(bytes).toHaveLength(size * size * 3);
    expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe(digest);
  },
);

const MODES = Object.keys(CHANNELS) as Mode[];

test.each(MODES)(
  '%s: all of a square, not mirrored, is what preprocessing takes; mirrored, its mirror',
  (mode) => {
    for (const [side, size] of [
      [50, 32],
      [32, 32],
      [7, 32],
      [1, 4],
    ] as const) {
      const picture = generate(mode, side, side, 3);
      const plain = cropPicture(picture, size);
      for (const seed of [0, 1, 2 ** 32 - 1]) {
        expect(augment(picture, size, seed, { scale: [1, 1], flip: 0 })).toEqual(plain);
        const mirrored = augment(picture, size, seed, { scale: [1, 1], flip: 1 });
        expect(augment(asPicture(mirrored, size), size, seed, { scale: [1, 1], flip: 1 })).toEqual(plain);
      }
      expect(convertToRgb(picture).data).toHaveLength(side * side * 3); // the picture itself is left as it was
      expect(picture).toEqual(generate(mode, side, side, 3));
    }
  },
);

function asPicture(data: Uint8Array, size: number): Picture {
  return { mode: 'RGB', width: size, height: size, data };
}

test('half of the pictures are mirrored, and parts spread over the shares that are asked for', () => {
  const ramp = new Uint8Array(3 * 100 * 100);
  for (let i = 0; i < 10_000; i++) ramp.fill(2 * (i % 100), 3 * i, 3 * i + 3); // grey, brighter to the right
  let mirrored = 0;
  const widths: number[] = [];
  for (let seed = 0; seed < 1000; seed++) {
    const pixels = augment(asPicture(ramp, 100), 16, seed, { scale: [0.25, 0.81], flip: 0.5 });
    const difference = pixels[3 * 12]! - pixels[3 * 4]!; // eight steps of a sixteenth of the width, two greys a pixel
    if (difference < 0) mirrored++;
    widths.push(Math.abs(difference));
  }
  expect(Math.abs(mirrored - 500)).toBeLessThan(60); // 3.8 standard deviations
  // Sides from 50·√(3/4) to 90·√(4/3), the latter cut off at 100; greys are whole numbers.
  expect(Math.min(...widths)).toBeGreaterThan(42);
  expect(Math.max(...widths)).toBeLessThan(103);
  expect(Math.min(...widths)).toBeLessThan(48);
  expect(Math.max(...widths)).toBeGreaterThan(95);
});

test('what cannot be asked for is refused', () => {
  const picture = generate('L', 4, 4, 1);
  for (const scale of [
    [0, 1],
    [0.5, 0.4],
    [0.5, 1.1],
    [Number.NaN, 1],
  ] as [number, number][]) {
    expect(() => augment(picture, 4, 0, { scale, flip: 0 })).toThrow(ClipError);
  }
  for (const flip of [-0.1, 1.1, Number.NaN]) {
    expect(() => augment(picture, 4, 0, { scale: [1, 1], flip })).toThrow(/mirrored: expected 0…1/);
  }
  expect(() => augment(picture, 0, 0, { scale: [1, 1], flip: 0 })).toThrow(/picture size/);
});
