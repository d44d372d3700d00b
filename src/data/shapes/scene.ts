// What is to be drawn, decided by chance before anything is drawn: one shape on one ground, or its parts for scenes of
// several. Captions and questions read it too, so that they say only what is in the picture.
import { type Colour, colourOf, GROUND_COLOURS, type GroundColour, type Shape, shapeOf } from './classes.ts';
import { contrasting, type Rgb, shadeOf } from './colours.ts';
import { OUTLINES } from './outlines.ts';
import type { Random } from './random.ts';

/** The side of every picture in pixels, as CIFAR's. */
export const SIDE = 32;
/** Pixels that stay free around a shape. */
const MARGIN = 1;

/** How far a shape may be turned, in degrees either way; `any`: it may point anywhere. More, and a square is a diamond. */
const TILT: Readonly<Record<Shape, number | 'any'>> = {
  circle: 0,
  square: 14,
  triangle: 'any',
  star: 'any',
  cross: 18,
  ring: 0,
  heart: 25,
  diamond: 12,
  crescent: 'any',
  arrow: 'any',
};

/** Pixels across at least; shapes with more to them need more. */
const SMALLEST: Readonly<Record<Shape, number>> = {
  circle: 9,
  square: 9,
  triangle: 10,
  star: 12,
  cross: 11,
  ring: 10,
  heart: 11,
  diamond: 11,
  crescent: 12,
  arrow: 12,
};
const LARGEST = 26;

type Texture = 'plain' | 'gradient' | 'noise' | 'stripes';
type Pattern = Texture | 'checks';
/** What a shape may be filled with, and what it may lie on. */
const TEXTURES: readonly Texture[] = ['plain', 'gradient', 'noise', 'stripes'];
const PATTERNS: readonly Pattern[] = [...TEXTURES, 'checks'];

/** A surface's second shade and how it is laid out. */
export interface Surface {
  readonly pattern: Pattern;
  /** Two shades; stripes and checks take turns, a gradient goes from one to the other, noise lies between them. */
  readonly shades: readonly [Rgb, Rgb];
  /** [cos, sin] of the way a gradient or stripes run. */
  readonly direction: readonly [number, number];
  /** Pixels of one stripe or one side of a check. */
  readonly pitch: number;
  /** Where the first stripe or check begins, 0…1 of two pitches, both ways. */
  readonly phase: readonly [number, number];
}

/** Where a shape may lie, in pixels: its box stays a margin of 1 within. */
export interface Cell {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const WHOLE: Cell = { left: 0, top: 0, width: SIDE, height: SIDE };

/** One shape, where it lies and what it is filled with. */
export interface PlacedShape {
  /** The fine label, 0…99. */
  readonly label: number;
  readonly colour: Colour;
  readonly shape: Shape;
  /** The larger side of the shape's bounding box in pixels, 9…26. */
  readonly size: number;
  /** Both sides of that box. */
  readonly extent: readonly [width: number, height: number];
  /** The middle of that box; 16, 16 is the middle of the picture. */
  readonly centre: readonly [number, number];
  /** [cos, sin] of the angle the shape is turned by. */
  readonly turn: readonly [number, number];
  /** Pixels one unit of the outline takes, and where its origin lies. */
  readonly scale: number;
  readonly origin: readonly [number, number];
  readonly fill: Surface;
}

/** What shapes lie on. */
export interface Ground {
  readonly ground: Surface;
  /** The ground's one or two colours. */
  readonly groundColours: readonly GroundColour[];
}

export interface Scene extends PlacedShape, Ground {}

/** A scene of the class `label` (fine, 0…99). */
export function chooseScene(label: number, random: Random): Scene {
  const shape = chooseShape(label, WHOLE, random);
  const suitable = GROUND_COLOURS.filter((ground) => contrasting(shape.colour, ground));
  return { ...shape, ...chooseGround(suitable, random) };
}

/** A shape of the class `label` in a cell whose sides are 16 or more: every shape has room there. */
export function chooseShape(label: number, cell: Cell, random: Random): PlacedShape {
  const [colour, shape] = [colourOf(label), shapeOf(label)];
  const limit = TILT[shape];
  const turn = limit === 'any' ? random.direction() : random.tilt(limit);
  const largest = Math.min(LARGEST, cell.width - 2 * MARGIN, cell.height - 2 * MARGIN);
  const size = random.between(SMALLEST[shape], largest);
  const box = boundingBox(shape, turn);
  const scale = size / Math.max(box.right - box.left, box.bottom - box.top);
  const extent = [(box.right - box.left) * scale, (box.bottom - box.top) * scale] as const;
  const centre = [
    place(extent[0], cell.left, cell.width, random),
    place(extent[1], cell.top, cell.height, random),
  ] as const;
  const origin = [
    centre[0] - (scale * (box.left + box.right)) / 2,
    centre[1] - (scale * (box.top + box.bottom)) / 2,
  ] as const;
  const fill = chooseSurface(random.pick(TEXTURES), [shadeOf(colour, random)], random);
  return { label, colour, shape, size, extent, centre, turn, scale, origin, fill };
}

/** A ground of one or two of the colours that suit what lies on it. */
export function chooseGround(suitable: readonly GroundColour[], random: Random): Ground {
  const pattern = random.pick(PATTERNS);
  const twoColours = (pattern === 'stripes' || pattern === 'checks') && random.chance(0.4);
  const groundColours = random.shuffled(suitable).slice(0, twoColours ? 2 : 1);
  const shades = groundColours.map((ground) => shadeOf(ground, random));
  return { ground: chooseSurface(pattern, shades, random), groundColours };
}

/** Where the middle of something `length` pixels long may lie, from `start` on in a space of `room`. */
function place(length: number, start: number, room: number, random: Random): number {
  return random.between(start + MARGIN + length / 2, start + room - MARGIN - length / 2);
}

function chooseSurface(pattern: Pattern, colours: readonly Rgb[], random: Random): Surface {
  const [first, second] = colours as [Rgb, Rgb?];
  const depth = pattern === 'plain' ? 0 : random.between(6, 16);
  return {
    pattern,
    shades: second ? [first, second] : [lighter(first, depth), lighter(first, -depth)],
    direction: random.direction(),
    pitch: random.between(3, 5.5),
    phase: [random.next(), random.next()],
  };
}

/** All three channels moved by `step`, which leaves the hue nearly as it is. */
function lighter([red, green, blue]: Rgb, step: number): Rgb {
  return [red + step, green + step, blue + step];
}

function boundingBox(shape: Shape, [cos, sin]: readonly [number, number]) {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [x, y, radius] of OUTLINES[shape].hull) {
    const [turnedX, turnedY] = [x * cos - y * sin, x * sin + y * cos];
    box.left = Math.min(box.left, turnedX - radius);
    box.right = Math.max(box.right, turnedX + radius);
    box.top = Math.min(box.top, turnedY - radius);
    box.bottom = Math.max(box.bottom, turnedY + radius);
  }
  return box;
}
