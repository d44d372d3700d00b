// What the tests of fine-tuning share: sets of pictures in memory, told apart by their colour.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import type { Picture } from '../../src/data/pictures/picture.ts';
import { randomBits } from '../../src/data/random.ts';
import type { PictureSet, PictureSource } from '../../src/data/sets/picture-set.ts';

const TINTS: Readonly<Record<string, readonly [number, number, number]>> = {
  rust: [150, 60, 40],
  moss: [70, 130, 50],
  slate: [80, 90, 140],
};

/** Noise of one tint a class, 16 × 16 pixels, the classes in turn. */
export function tintedSet(
  perClass: number,
  seed: number,
  names: readonly string[] = Object.keys(TINTS),
): PictureSet {
  const count = perClass * names.length;
  const source = (index: number): PictureSource => ({
    picture: tinted(TINTS[names[index % names.length]!]!, seed * 10_000 + index),
  });
  const labels = Int32Array.from({ length: count }, (_, i) => i % names.length);
  return { name: `tints ${seed}`, count, fingerprint: `${seed}`, classes: names, labels, source };
}

function tinted(tint: readonly number[], seed: number): Picture {
  const bits = randomBits(seed);
  const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => tint[i % 3]! + (bits() % 101) - 50);
  return { mode: 'RGB', width: 16, height: 16, data: data };
}

/** The same on disk: FOLDER/CLASS/NUMBER.png. */
export function writeTints(folder: string, perClass: number, seed: number): void {
  const set = tintedSet(perClass, seed);
  for (let i = 0; i < set.count; i++) {
    const { picture } = set.source(i) as { picture: { data: Uint8Array } };
    const place = join(folder, set.classes![set.labels![i]!]!);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${i}.png`), encodePng(picture.data, 16, 16));
  }
}
