// What each colour name may look like: a range of hue, saturation and lightness, narrow enough that the name is never
// in doubt (a test finds the nearest name of every shade drawn), wide enough that no two pictures share a shade.
import type { Colour, GroundColour } from './classes.ts';
import type { Random } from './random.ts';

/** Red, green and blue, 0…255, not rounded. */
export type Rgb = readonly [number, number, number];

type Range = readonly [low: number, high: number];

/** Hue in degrees (beyond 360: round once more), saturation and lightness 0…1, as CSS's hsl(). */
const RANGES: Readonly<Record<GroundColour, readonly [hue: Range, saturation: Range, lightness: Range]>> = {
  red: [
    [354, 364],
    [0.75, 0.95],
    [0.4, 0.5],
  ],
  green: [
    [112, 146],
    [0.55, 0.85],
    [0.3, 0.42],
  ],
  blue: [
    [210, 231],
    [0.78, 0.95],
    [0.38, 0.52],
  ],
  yellow: [
    [49, 57],
    [0.9, 1],
    [0.48, 0.58],
  ],
  orange: [
    [26, 34],
    [0.9, 1],
    [0.48, 0.54],
  ],
  purple: [
    [274, 290],
    [0.5, 0.75],
    [0.34, 0.46],
  ],
  pink: [
    [328, 344],
    [0.75, 1],
    [0.74, 0.82],
  ],
  brown: [
    [18, 30],
    [0.45, 0.65],
    [0.22, 0.31],
  ],
  black: [
    [0, 360],
    [0, 0.1],
    [0.02, 0.1],
  ],
  white: [
    [0, 360],
    [0, 0.3],
    [0.95, 1],
  ],
  grey: [
    [0, 360],
    [0, 0.04],
    [0.45, 0.62],
  ],
};

/** Pairs that a small picture cannot tell apart well enough; the order does not matter. */
const NEAR: readonly (readonly [GroundColour, GroundColour])[] = [
  ['red', 'orange'],
  ['red', 'pink'],
  ['red', 'brown'],
  ['red', 'purple'],
  ['orange', 'yellow'],
  ['orange', 'brown'],
  ['orange', 'pink'],
  ['yellow', 'white'],
  ['pink', 'white'],
  ['pink', 'purple'],
  ['pink', 'grey'],
  ['purple', 'blue'],
  ['purple', 'brown'],
  ['purple', 'black'],
  ['purple', 'grey'],
  ['brown', 'black'],
  ['brown', 'green'],
  ['brown', 'grey'],
  ['green', 'grey'],
  ['blue', 'black'],
  ['blue', 'grey'],
  ['blue', 'green'],
];

/** Whether a shape of one colour stands out on a ground of the other. */
export function contrasting(colour: Colour, ground: GroundColour): boolean {
  if (colour === ground) return false;
  return !NEAR.some((pair) => pair.includes(colour) && pair.includes(ground));
}

/** A shade of a colour that everyone would call by its name. */
export function shadeOf(colour: GroundColour, random: Random): Rgb {
  const [hue, saturation, lightness] = RANGES[colour];
  return hslToRgb(random.between(...hue), random.between(...saturation), random.between(...lightness));
}

/** The shade in the middle of a colour's range. */
export function typicalShade(colour: GroundColour): Rgb {
  const [hue, saturation, lightness] = RANGES[colour].map(([low, high]) => (low + high) / 2);
  return hslToRgb(hue!, saturation!, lightness!);
}

/** Hue in degrees, 0…720; saturation and lightness 0…1. https://www.w3.org/TR/css-color-4/#hsl-to-rgb */
function hslToRgb(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (start: number) => {
    const k = (start + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}
