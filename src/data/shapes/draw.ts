// A scene → its picture, uint8 [32, 32, 3]: the ground, its shapes over it by coverage, and a little noise over all.
import type { CifarPicture } from '../cifar.ts';
import { OUTLINES } from './outlines.ts';
import type { Random } from './random.ts';
import { type PlacedShape, type Scene, SIDE, type Surface } from './scene.ts';

/** Noise over the whole picture, in levels of 255 either way. */
const GRAIN = 4;

/** Draws a scene. `random` gives the noise; the rest is settled. */
export function drawScene(scene: Scene, random: Random): CifarPicture {
  return drawShapes([scene], scene.ground, random);
}

/** Draws shapes that do not touch each other on a ground. `random` gives the noise. */
export function drawShapes(
  shapes: readonly [PlacedShape, ...PlacedShape[]],
  ground: Surface,
  random: Random,
): CifarPicture {
  // A clamped array rounds to the nearest whole number (halves to even) and clips at 0 and 255.
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 3);
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i += 3) {
      let [shape, covered] = [shapes[0], 0];
      for (const other of shapes) {
        const here = coverage(other, x + 0.5, y + 0.5);
        if (here > covered) [shape, covered] = [other, here];
      }
      const { fill } = shape;
      const ofGround = covered < 1 ? share(ground, x + 0.5, y + 0.5, random) : 0;
      const ofFill = covered > 0 ? share(fill, x + 0.5, y + 0.5, random) : 0;
      const grain = random.between(-GRAIN, GRAIN);
      for (let channel = 0; channel < 3; channel++) {
        const under = mix(ground.shades[0][channel]!, ground.shades[1][channel]!, ofGround);
        const over = mix(fill.shades[0][channel]!, fill.shades[1][channel]!, ofFill);
        pixels[i + channel] = mix(under, over, covered) + grain;
      }
    }
  }
  return { mode: 'RGB', width: SIDE, height: SIDE, data: new Uint8Array(pixels.buffer) };
}

/** How much of the pixel whose middle is (x, y) the shape covers, 0…1. */
export function coverage(placed: PlacedShape, x: number, y: number): number {
  const reach = placed.size / 2 + 1; // nothing of the shape lies further out, either way
  const { centre, origin, turn, scale } = placed;
  if (Math.abs(x - centre[0]) > reach || Math.abs(y - centre[1]) > reach) return 0;
  const awayX = (x - origin[0]) / scale;
  const awayY = (y - origin[1]) / scale;
  const [cos, sin] = turn;
  const distance = OUTLINES[placed.shape].distance(awayX * cos + awayY * sin, awayY * cos - awayX * sin);
  return clamp(0.5 - scale * distance);
}

/** How much of a surface's second shade there is at (x, y), 0…1. */
function share(surface: Surface, x: number, y: number, random: Random): number {
  const { direction, pitch, phase } = surface;
  switch (surface.pattern) {
    case 'plain':
      return 0;
    case 'noise':
      return random.next();
    case 'gradient':
      // Half way in the middle of the picture, 0 or 1 at its corners.
      return 0.5 + ((x - SIDE / 2) * direction[0] + (y - SIDE / 2) * direction[1]) / (SIDE * Math.SQRT2);
    case 'stripes':
      return wave(x * direction[0] + y * direction[1], pitch, phase[0]);
    case 'checks': {
      const across = wave(x, pitch, phase[0]);
      const down = wave(y, pitch, phase[1]);
      return across + down - 2 * across * down; // one or the other, not both
    }
  }
}

/** 0 and 1 by turns, `pitch` pixels each, the edges between them a pixel wide. */
function wave(position: number, pitch: number, phase: number): number {
  const turns = position / (2 * pitch) + phase;
  const toMiddle = Math.abs(turns - Math.floor(turns) - 0.5) * 2 * pitch; // 0…pitch; half a pitch is an edge
  return clamp(0.5 + pitch / 2 - toMiddle);
}

function mix(first: number, second: number, share: number): number {
  return first + share * (second - first);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
