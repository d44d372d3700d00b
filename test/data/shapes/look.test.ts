// What the pictures look like, measured with rulers that the drawing does not use: areas from geometry, colours in a
// space made for seeing (Björn Ottosson's OKLab), boxes counted from pixels.
import { describe, expect, it } from 'vitest';
import { FINE_NAMES, GROUND_COLOURS, SHAPES, type Shape } from '../../../src/data/shapes/classes.ts';
import { type Rgb, typicalShade } from '../../../src/data/shapes/colours.ts';
import { drawScene } from '../../../src/data/shapes/draw.ts';
import { OUTLINES } from '../../../src/data/shapes/outlines.ts';
import { Random } from '../../../src/data/shapes/random.ts';
import { chooseScene, type Scene, type Surface } from '../../../src/data/shapes/scene.ts';

/** 5,000 scenes, 50 of each class. */
const scenes = Array.from({ length: 5000 }, (_, i) =>
  chooseScene(i % FINE_NAMES.length, new Random(99, 0, i)),
);

describe('the outlines', () => {
  const segment = (radius: number, distance: number) =>
    radius * radius * Math.acos(distance / radius) -
    distance * Math.sqrt(radius * radius - distance * distance);
  // Two circles, 1 and 0.95, 0.6 apart; their chord lies (0.36 + 1 − 0.9025) / 1.2 from the first one's middle.
  const chord = (0.36 + 1 - 0.95 ** 2) / 1.2;
  const lens = segment(1, chord) + segment(0.95, 0.6 - chord);
  const areas: Record<Shape, number> = {
    circle: Math.PI,
    square: 4,
    triangle: (3 * Math.sqrt(3)) / 4,
    star: 10 * 0.5 * 0.45 * Math.sin(Math.PI / 5),
    cross: 2 * (2 * 0.68) - 0.68 ** 2,
    ring: Math.PI * (1 - 0.54 ** 2),
    heart: 2 + Math.PI / 2,
    diamond: 2 * 0.62,
    crescent: Math.PI - lens,
    arrow: 1.12 * 0.48 + (0.88 * 1.44) / 2,
  };

  it.each(SHAPES)('%s: its area', (shape) => {
    const steps = 701; // so that no edge of ours runs along the grid
    let inside = 0;
    for (let i = 0; i < steps * steps; i++) {
      const [x, y] = [i % steps, Math.floor(i / steps)].map((k) => ((k + 0.5) / steps) * 3 - 1.5);
      if (OUTLINES[shape].distance(x!, y!) < 0) inside += 1;
    }
    expect((inside * 9) / (steps * steps) / areas[shape]).toBeCloseTo(1, 2);
  });

  it.each(SHAPES)('%s: a distance never changes by more than the way gone', (shape) => {
    const random = new Random(98, 0, 0);
    for (let i = 0; i < 2000; i++) {
      const [x, y, toX, toY] = Array.from({ length: 4 }, () => random.between(-1.5, 1.5));
      const change = OUTLINES[shape].distance(toX!, toY!) - OUTLINES[shape].distance(x!, y!);
      expect(Math.abs(change)).toBeLessThanOrEqual(Math.hypot(toX! - x!, toY! - y!) + 1e-9);
    }
  });
});

describe('the scenes', () => {
  it('a shape is as large as it says, where it says, and a pixel from the edge', () => {
    for (const scene of scenes.slice(0, 1000)) {
      const box = boxOf(scene);
      expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(1);
      expect(Math.max(box.right, box.bottom)).toBeLessThanOrEqual(31);
      // A box of pixels more than half covered: sharp corners fall short of theirs by up to two pixels.
      const size = Math.max(box.right - box.left, box.bottom - box.top);
      expect(Math.abs(size - scene.size), `${FINE_NAMES[scene.label]} ${scene.size}`).toBeLessThan(4);
      expect(Math.abs((box.left + box.right) / 2 - scene.centre[0])).toBeLessThan(2);
      expect(Math.abs((box.top + box.bottom) / 2 - scene.centre[1])).toBeLessThan(2);
    }
  });

  it('every shade is nearest to its own name', () => {
    const names = GROUND_COLOURS.map((name) => ({ name, lab: oklab(typicalShade(name)) }));
    const nearest = (shade: Rgb) => {
      const distances = names.map(({ lab }) => distance(lab, oklab(shade)));
      return names[distances.indexOf(Math.min(...distances))]!.name;
    };
    const misnamed = scenes.filter(({ colour, fill }) =>
      fill.shades.some((shade) => nearest(shade) !== colour),
    );
    expect(misnamed).toEqual([]);
  });

  it('no ground has a shade near the shape', () => {
    expect(scenes.filter(({ colour, groundColours }) => groundColours.includes(colour))).toEqual([]);
    const contrasts = scenes.flatMap(({ fill, ground }) => {
      const grounds = ground.shades.map(oklab);
      return fill.shades.map(oklab).flatMap((one) => grounds.map((other) => distance(one, other)));
    });
    // The nearest pair is orange on grey, at 0.158; a shape of its ground's own shade is at 0.
    expect(Math.min(...contrasts)).toBeGreaterThan(0.15);
  });

  it('every pattern, ground and texture occurs', () => {
    const grounds = new Set(scenes.map(({ ground }) => ground.pattern));
    expect([...grounds].sort()).toEqual(['checks', 'gradient', 'noise', 'plain', 'stripes']);
    expect(new Set(scenes.flatMap(({ groundColours }) => groundColours)).size).toBe(11);
    expect(new Set(scenes.map(({ fill }) => fill.pattern)).size).toBe(4);
  });
});

/** The box of the pixels that a black shape on white covers by more than half. */
function boxOf(scene: Scene) {
  const flat = (level: number): Surface => ({
    ...scene.fill,
    pattern: 'plain',
    shades: [
      [level, level, level],
      [level, level, level],
    ],
  });
  const { data } = drawScene({ ...scene, fill: flat(0), ground: flat(255) }, new Random(97, 0, 0));
  const box = { left: 32, right: 0, top: 32, bottom: 0 };
  for (let i = 0; i < 1024; i++) {
    if (data[3 * i]! > 127) continue;
    const [x, y] = [i % 32, Math.floor(i / 32)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
  }
  return box;
}

type Lab = readonly [number, number, number];

/** sRGB, 0…255, clipped → OKLab. https://bottosson.github.io/posts/oklab/ */
function oklab(shade: Rgb): Lab {
  const [red, green, blue] = shade.map((value) => {
    const part = Math.min(255, Math.max(0, value)) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}

function distance(one: Lab, other: Lab): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}
