// A scene → its picture, uint8 [32, 32, 3]: the ground, the shape over it by coverage, and a little noise over all.
import type { CifarPicture } from '../cifar.ts';
import { OUTLINES } from './outlines.ts';
import type { Random } from './random.ts';
import { type Scene, SIDE, type Surface } from './scene.ts';

/** Noise over the whole picture, in levels of 255 either way. */
const GRAIN = 4;

/** Draws a scene. `random` gives the noise; the rest is settled. */
export function drawScene(scene: Scene, random: Random): CifarPicture {
  const canvas = new Float64Array(SIDE * SIDE * 3); // [32, 32, 3]
  paintGround(canvas, scene.ground, random);
  paintShape(canvas, scene, random);
  // A clamped array rounds to the nearest whole number (halves to even) and clips at 0 and 255.
  const bytes = new Uint8ClampedArray(canvas.length);
  for (let i = 0; i < canvas.length; i += 3) {
    const grain = random.between(-GRAIN, GRAIN);
    for (let channel = 0; channel < 3; channel++) bytes[i + channel] = canvas[i + channel]! + grain;
  }
  return { mode: 'RGB', width: SIDE, height: SIDE, data: new Uint8Array(bytes.buffer) };
}

function paintGround(canvas: Float64Array, ground: Surface, random: Random): void {
  const { shades } = ground;
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i += 3) {
      blend(canvas, i, shades[0], 1);
      blend(canvas, i, shades[1], share(ground, x + 0.5, y + 0.5, random));
    }
  }
}

function paintShape(canvas: Float64Array, scene: Scene, random: Random): void {
  const { fill, size, centre, origin, turn, scale } = scene;
  const { shades } = fill;
  const outline = OUTLINES[scene.shape];
  const [cos, sin] = turn;
  // Pixels beyond these cannot be touched.
  const [left, right] = [centre[0] - size / 2 - 1, centre[0] + size / 2 + 1].map(Math.floor) as [
    number,
    number,
  ];
  const [top, bottom] = [centre[1] - size / 2 - 1, centre[1] + size / 2 + 1].map(Math.floor) as [
    number,
    number,
  ];
  for (let y = Math.max(0, top); y <= Math.min(SIDE - 1, bottom); y++) {
    for (let x = Math.max(0, left); x <= Math.min(SIDE - 1, right); x++) {
      const [awayX, awayY] = [(x + 0.5 - origin[0]) / scale, (y + 0.5 - origin[1]) / scale];
      const distance = scale * outline.distance(awayX * cos + awayY * sin, awayY * cos - awayX * sin);
      const coverage = Math.min(1, Math.max(0, 0.5 - distance));
      if (coverage === 0) continue;
      const i = 3 * (SIDE * y + x);
      const mix = share(fill, x + 0.5, y + 0.5, random);
      for (let channel = 0; channel < 3; channel++) {
        const own = shades[0][channel]! + mix * (shades[1][channel]! - shades[0][channel]!);
        canvas[i + channel]! += coverage * (own - canvas[i + channel]!);
      }
    }
  }
}

function blend(canvas: Float64Array, i: number, shade: readonly number[], share: number): void {
  for (let channel = 0; channel < 3; channel++) {
    canvas[i + channel]! += share * (shade[channel]! - canvas[i + channel]!);
  }
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
      // The middle of the picture is half way; the factor reaches the corners.
      return 0.5 + ((x - SIDE / 2) * direction[0] + (y - SIDE / 2) * direction[1]) / (SIDE * Math.SQRT2);
    case 'stripes':
      return wave(x * direction[0] + y * direction[1], pitch, phase[0]);
    case 'checks': {
      const [across, down] = [wave(x, pitch, phase[0]), wave(y, pitch, phase[1])];
      return across + down - 2 * across * down; // one or the other, not both
    }
  }
}

/** 0 and 1 by turns, `pitch` pixels each, the edges between them a pixel wide. */
function wave(position: number, pitch: number, phase: number): number {
  const turns = position / (2 * pitch) + phase;
  const toMiddle = Math.abs(turns - Math.floor(turns) - 0.5) * 2 * pitch; // 0…pitch; half a pitch is an edge
  return Math.min(1, Math.max(0, 0.5 + pitch / 2 - toMiddle));
}
