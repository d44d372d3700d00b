// A decoded picture → what CLIP's image tower takes: OpenAI's clip._transform(size), to the last bit.

import { cropPicture } from './crop.ts';
import type { Picture } from './picture.ts';

/** Mean and standard deviation of red, green and blue over CLIP's training pictures. */
const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const STD = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * Float32 [3, size, size]: resized and cropped (see cropPicture), then (x / 255 − mean) / std. Values lie
 * between −1.80 and 2.15. Like torchvision (ToTensor, Normalize), every step rounds to float32.
 */
export function preprocess(picture: Picture, size: number): Float32Array {
  return normalize(cropPicture(picture, size), size * size);
}

/** What each of a byte's 256 values becomes, in red, green and blue. */
const TABLES: readonly Float32Array[] = MEAN.map((mean, c) => {
  const { fround } = Math;
  return Float32Array.from(
    { length: 256 },
    (_, x) => fround(fround(x / 255) - fround(mean)) / fround(STD[c]!),
  );
});

/** Uint8 [pixels, 3] → float32 [3, pixels]. */
export function normalize(rgb: Uint8Array, pixels: number): Float32Array {
  const values = new Float32Array(3 * pixels);
  TABLES.forEach((table, c) => {
    const plane = values.subarray(c * pixels, (c + 1) * pixels);
    for (let i = 0, at = c; i < pixels; i++, at += 3) plane[i] = table[rgb[at]!]!;
  });
  return values;
}
