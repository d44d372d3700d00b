// Writes a data set that the embedded model has not seen: five of its shapes as pen sketches on paper, where it learned
// filled ones. An outline drawn by an unsteady hand, sometimes hatched, in dark ink, 64 × 64 pixels, as a folder by class:
//   npx tsx scripts/make-sketches.ts FOLDER [--train 40] [--test 40]      pictures a class
// FOLDER/train and FOLDER/test; the same pictures every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import type { Shape } from '../src/data/shapes/classes.ts';
import { OUTLINES } from '../src/data/shapes/outlines.ts';
import { Random } from '../src/data/shapes/random.ts';

export const SKETCHED: readonly Shape[] = ['arrow', 'crescent', 'cross', 'heart', 'star'];
const SIDE = 64;
/** Keeps these random numbers apart from those of Shapes-100, whose purposes are below 32. */
const PURPOSES = { train: 40, test: 41 };

/** One sketch, uint8 [64, 64, 3]. */
function drawSketch(shape: Shape, random: Random): Uint8Array {
  const scale = random.between(14, 22); // pixels a unit
  const reach = 1.3 * scale; // no shape goes further from its origin, pen and wobble included
  const centre = [random.between(reach, SIDE - reach), random.between(reach, SIDE - reach)];
  const [cos, sin] = random.tilt(22);
  const pen = random.between(0.7, 1.5); // half a stroke's width, in pixels
  const ink = Array.from({ length: 3 }, () => random.between(20, 110));
  const paper = [random.between(225, 255), random.between(220, 250), random.between(205, 245)];
  const wobble = [random.between(0.5, 1.3), random.between(0.05, 0.15), random.next() * 6]; // height, pace, start
  const hatched = random.chance(0.4);
  const [hatch, hatchAcross] = [random.between(4, 7), random.direction()];
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 3);
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i += 3) {
      const shaky = wobble[0]! * sawtooth(wobble[1]! * (x + 0.6 * y) + wobble[2]!);
      const [awayX, awayY] = [(x - centre[0]! + shaky) / scale, (y - centre[1]! - shaky) / scale];
      const distance = scale * OUTLINES[shape].distance(awayX * cos + awayY * sin, awayY * cos - awayX * sin);
      let covered = clamp(0.5 + pen - Math.abs(distance));
      if (hatched && distance < 0) {
        const along = (x * hatchAcross[0] + y * hatchAcross[1]) / hatch;
        covered = Math.max(covered, 0.7 * clamp(1 - hatch * Math.abs(along - Math.round(along))));
      }
      const grain = random.between(-5, 5);
      for (let c = 0; c < 3; c++) pixels[i + c] = paper[c]! + covered * (ink[c]! - paper[c]!) + grain;
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** −1 … 1 and back, once a unit: a wave without a sine, whose last digit machines may differ in. */
function sawtooth(x: number): number {
  return 4 * Math.abs(x - Math.floor(x) - 0.5) - 1;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Writes `count` sketches of each class into FOLDER/`split`/CLASS. */
export function writeSketches(folder: string, split: 'train' | 'test', count: number): void {
  SKETCHED.forEach((shape, label) => {
    mkdirSync(join(folder, split, shape), { recursive: true });
    for (let i = 0; i < count; i++) {
      const pixels = drawSketch(shape, new Random(PURPOSES[split], label, i));
      const name = `${String(i).padStart(3, '0')}.png`;
      writeFileSync(join(folder, split, shape, name), encodePng(pixels, SIDE, SIDE));
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { train: { type: 'string', default: '40' }, test: { type: 'string', default: '40' } },
  });
  const [folder] = positionals;
  if (!folder) throw new Error('where to? npx tsx scripts/make-sketches.ts FOLDER');
  writeSketches(folder, 'train', Number(values.train));
  writeSketches(folder, 'test', Number(values.test));
  console.log(`${folder}: train, test, each with ${SKETCHED.join(', ')}`);
}
