// JPEGs for benchmarks, 640×480, neither flat nor noise: coarse noise made smooth, and fine noise over it.
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { generate } from '../test/data/pictures/generate-picture.ts';

/** Writes `count` different ones, the same every time, and gives their paths. */
export async function writePictures(folder: string, count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const raw = (width: number, height: number, seed: number): Sharp =>
      sharp(generate('RGB', width, height, 3 * seed).data as Uint8Array, {
        raw: { width, height, channels: 3 },
      });
    const fine = await raw(640, 480, i).ensureAlpha(0.1).png().toBuffer();
    const coarse = await raw(40, 30, i).resize(640, 480).png().toBuffer();
    paths.push(join(folder, `${String(i).padStart(4, '0')}.jpg`));
    await sharp(coarse)
      .composite([{ input: fine }])
      .jpeg({ quality: 90 })
      .toFile(paths[i]!);
  }
  return paths;
}
