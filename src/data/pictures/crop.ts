// torchvision's Resize(size) → CenterCrop(size) → RGB, as one step: which rectangle of which resized picture
// survives is known beforehand, so nothing outside it is computed. A strip of 30,000×2 pixels would otherwise
// become 3,360,000×224 on its way to 224×224.
import { ClipError } from '../../errors.ts';
import { convertToRgb } from './convert.ts';
import { bicubic, type Kernel } from './kernel.ts';
import { CHANNELS, type Picture } from './picture.ts';
import { resize, type Window } from './resize.ts';

/** The size that makes the shorter side `size` long; the longer one is cut down to whole pixels. */
export function shorterSideTo(
  width: number,
  height: number,
  size: number,
): { width: number; height: number } {
  const short = Math.min(width, height);
  const long = Math.trunc((size * Math.max(width, height)) / short);
  return width <= height ? { width: size, height: long } : { width: long, height: size };
}

/** torchvision's Resize(size): the shorter side becomes `size`, in the picture's own mode. */
export function resizeShorterSide(picture: Picture, size: number, kernel: Kernel = bicubic): Picture {
  const { width, height } = shorterSideTo(picture.width, picture.height, size);
  return resize(picture, width, height, kernel);
}

/** The square in the middle; an odd pixel goes where rounding half to even puts it. */
function centre(width: number, height: number, size: number): Window {
  return {
    left: halfToEven((width - size) / 2),
    top: halfToEven((height - size) / 2),
    width: size,
    height: size,
  };
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor & 1) : Math.round(value);
}

/** torchvision's CenterCrop(size): size × size from the middle; what lies outside the picture is 0. */
export function centerCrop(picture: Picture, size: number): Picture {
  const { width, height, data } = picture;
  const channels = CHANNELS[picture.mode];
  // A side that is too short is padded to `size`, the odd pixel at its end; nothing is left to crop from it.
  const { left: cropLeft, top: cropTop } = centre(Math.max(width, size), Math.max(height, size), size);
  const left = cropLeft - Math.floor(Math.max(0, size - width) / 2);
  const top = cropTop - Math.floor(Math.max(0, size - height) / 2);
  const target =
    data instanceof Uint16Array ? new Uint16Array(size * size) : new Uint8Array(size * size * channels);
  const from = Math.max(0, left);
  const to = Math.min(width, left + size);
  for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
    const row = data.subarray((y * width + from) * channels, (y * width + to) * channels);
    target.set(row, ((y - top) * size + from - left) * channels);
  }
  return { ...picture, width: size, height: size, data: target };
}

/** The longest side Pillow can resize to. */
const MOST_LENGTH = 2 ** 31 - 1;

/** The most pixels a side may be cropped to: more than any CLIP takes. */
export const MAX_SIZE = 8192;

/** Refuses a side that is no whole number, 1…MAX_SIZE. */
export function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_SIZE) return;
  throw new ClipError('picture size', { expected: `a whole number, 1 to ${MAX_SIZE}`, got: size });
}

/**
 * A picture of any mode and size → uint8 [size, size, 3]: exactly `convert("RGB")` of torchvision's
 * CenterCrop(size) of its Resize(size, BICUBIC). `size` is 1…MAX_SIZE.
 */
export function cropPicture(picture: Picture, size: number): Uint8Array {
  checkSize(size);
  const { width, height } = shorterSideTo(picture.width, picture.height, size);
  if (Math.max(width, height) > MOST_LENGTH) {
    throw new ClipError('picture too long and thin', {
      expected: `at most ${MOST_LENGTH} pixels once the shorter side is ${size}`,
      got: `${picture.width}×${picture.height}`,
      hint: 'crop it first',
    });
  }
  const cropped = resize(picture, width, height, bicubic, centre(width, height, size));
  return convertToRgb(cropped).data as Uint8Array;
}
