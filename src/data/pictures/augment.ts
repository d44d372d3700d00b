// A picture as training sees it: a random part of it, resized, and perhaps mirrored; torchvision's RandomResizedCrop
// (bicubic), convert("RGB") and RandomHorizontalFlip. Everything is drawn from a seed, with operations that IEEE 754 fixes to
// the last bit, so that a seed gives the same bytes in every browser and on every machine.
import { ClipError } from '../../errors.ts';
import { type Bits, randomBits } from '../random.ts';
import { convertToRgb } from './convert.ts';
import { checkSize } from './crop.ts';
import { CHANNELS, type Picture } from './picture.ts';
import { resize, type Window } from './resize.ts';

export interface Augmentation {
  /** The least and the most of the picture's area that is taken, 0 < least ≤ most ≤ 1. open_clip trains with 0.9 and 1. */
  readonly scale: readonly [least: number, most: number];
  /** How likely the picture is mirrored, left to right, 0…1. */
  readonly flip: number;
}

/**
 * A picture of any mode and size → uint8 [size, size, 3], before normalising: a part of the picture whose area and ratio of
 * sides (3:4 … 4:3) `seed` draws, resized in the picture's own mode, converted to RGB, mirrored or not. `size` is
 * 1…MAX_SIZE, `seed` 0 … 2³² − 1.
 */
export function augment(picture: Picture, size: number, seed: number, how: Augmentation): Uint8Array {
  checkSize(size);
  checkAugmentation(how);
  const bits = randomBits(seed);
  const mirrored = chance(bits) < how.flip;
  const part = cut(picture, randomPart(picture, bits, how.scale));
  const rgb = convertToRgb(resize(part, size, size)).data as Uint8Array; // [size, size, 3]
  return mirrored ? mirror(rgb, size) : rgb;
}

/** Throws ClipError where an augmentation asks for what cannot be. */
export function checkAugmentation({ scale, flip }: Augmentation): void {
  const [least, most] = scale;
  if (!(least > 0 && least <= most && most <= 1)) {
    throw new ClipError('augmentation: the share of a picture', {
      expected: 'least and most, 0 < least ≤ most ≤ 1',
      got: scale.join(', '),
    });
  }
  if (!(flip >= 0 && flip <= 1)) {
    throw new ClipError('augmentation: how likely a picture is mirrored', { expected: '0…1', got: flip });
  }
}

const TRIES = 10;
const [NARROWEST, WIDEST] = [3 / 4, 4 / 3];
const LOG_WIDEST = 0.28768207245178096; // ln 4/3; ln 3/4 is its negative

/** torchvision's RandomResizedCrop.get_params: a part that fits, or after ten tries the middle. */
function randomPart({ width, height }: Picture, bits: Bits, [least, most]: Augmentation['scale']): Window {
  for (let i = 0; i < TRIES; i++) {
    const area = width * height * (least + (most - least) * chance(bits));
    const ratio = exponential(LOG_WIDEST * (2 * chance(bits) - 1));
    const [partWidth, partHeight] = [
      Math.round(Math.sqrt(area * ratio)),
      Math.round(Math.sqrt(area / ratio)),
    ];
    if (partWidth < 1 || partWidth > width || partHeight < 1 || partHeight > height) continue;
    const top = bits() % (height - partHeight + 1);
    const left = bits() % (width - partWidth + 1);
    return { left, top, width: partWidth, height: partHeight };
  }
  const partWidth = Math.min(width, Math.round(height * WIDEST));
  const partHeight = Math.min(height, Math.round(width / NARROWEST));
  const [left, top] = [(width - partWidth) >> 1, (height - partHeight) >> 1];
  return { left, top, width: partWidth, height: partHeight };
}

/** 0 ≤ x < 1. */
function chance(bits: Bits): number {
  return bits() / 2 ** 32;
}

/** eˣ for |x| < 0.3 by its series; the last digit of Math.exp differs between engines. */
function exponential(x: number): number {
  let sum = 1;
  for (let n = 14; n > 0; n--) sum = 1 + (x / n) * sum;
  return sum;
}

/** The part of a picture, a picture of its own: what lies beside it does not enter the resize. */
function cut(picture: Picture, { left, top, width, height }: Window): Picture {
  const { data, mode } = picture;
  const channels = CHANNELS[mode];
  const row = width * channels;
  const part = data instanceof Uint16Array ? new Uint16Array(height * row) : new Uint8Array(height * row);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * channels;
    part.set(data.subarray(start, start + row), y * row);
  }
  return { ...picture, width, height, data: part };
}

/** Left to right, a copy: where nothing was resized the bytes are the picture's own. */
function mirror(rgb: Uint8Array, size: number): Uint8Array {
  const mirrored = new Uint8Array(rgb.length);
  for (let out = 0; out < rgb.length; out += 3) {
    const pixel = out / 3;
    const from = 3 * (pixel - (pixel % size) + size - 1 - (pixel % size));
    for (let c = 0; c < 3; c++) mirrored[out + c] = rgb[from + c]!;
  }
  return mirrored;
}
