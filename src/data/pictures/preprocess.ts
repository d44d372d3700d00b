// A decoded picture → what CLIP's image tower takes: OpenAI's clip._transform(size), to the last bit.

import { cropPicture } from './crop.ts';
import type { Picture } from './picture.ts';

/** Red, green and blue, 0…1. */
type Rgb = readonly [number, number, number];

/** Mean and standard deviation over CLIP's training pictures. */
export const OPENAI_MEAN: Rgb = [0.48145466, 0.4578275, 0.40821073];
export const OPENAI_STD: Rgb = [0.26862954, 0.26130258, 0.27577711];

/** What a model's pictures are normalised by; absent: OpenAI's. A model's configuration is one. */
export interface Normalization {
  image_mean?: Rgb;
  image_std?: Rgb;
}

/**
 * Float32 [3, size, size]: resized and cropped (see cropPicture), then (x / 255 − mean) / std. Values lie
 * between −1.80 and 2.15 with OpenAI's constants. `into` is filled and returned. Like torchvision (ToTensor, Normalize), every step rounds to float32.
 */
export function preprocess(
  picture: Picture,
  size: number,
  by: Normalization = {},
  into: Float32Array = new Float32Array(3 * size * size),
): Float32Array {
  return normalize(cropPicture(picture, size), size * size, by, into);
}

/** What each of a byte's 256 values becomes. */
function tableOf(mean: number, std: number): Float32Array {
  const { fround } = Math;
  return Float32Array.from({ length: 256 }, (_, x) => fround(fround(x / 255) - fround(mean)) / fround(std));
}

/** Uint8 [pixels, 3] → float32 [3, pixels], which fills `into`. */
export function normalize(
  rgb: Uint8Array,
  pixels: number,
  { image_mean = OPENAI_MEAN, image_std = OPENAI_STD }: Normalization = {},
  into: Float32Array = new Float32Array(3 * pixels),
): Float32Array {
  image_mean.forEach((mean, c) => {
    const table = tableOf(mean, image_std[c]!);
    const plane = into.subarray(c * pixels, (c + 1) * pixels);
    for (let i = 0, at = c; i < pixels; i++, at += 3) plane[i] = table[rgb[at]!]!;
  });
  return into;
}
