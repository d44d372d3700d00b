// Questions about scenes: each answer is true of the picture, and none can be told from the question.
import { describe, expect, test } from 'vitest';
import { COLOURS, FINE_NAMES, SEEN } from '../../../src/data/shapes/classes.ts';
import { typicalShade } from '../../../src/data/shapes/colours.ts';
import { questionedScene } from '../../../src/data/shapes/question-sets.ts';
import { ANSWERS, type SceneQuestion } from '../../../src/data/shapes/questions.ts';
import type { PlacedShape } from '../../../src/data/shapes/scene.ts';

const SCENES = 1500;
const scenes = Array.from({ length: SCENES }, (_, index) => questionedScene('test', index));
const asked = scenes.flatMap(({ scene, questions }) =>
  questions.map((one) => ({ ...one, shapes: scene.shapes })),
);

/** The answer, found anew from what the question says and where the shapes are. */
function truth({ question }: SceneQuestion, shapes: readonly PlacedShape[]): string {
  const words = question.replace('?', '').split(' ');
  const last = words.at(-1)!;
  const only = (fits: (one: PlacedShape) => boolean): PlacedShape => {
    const found = shapes.filter(fits);
    if (found.length !== 1) throw new Error(`${question} is about ${found.length}`);
    return found[0]!;
  };
  if (question.startsWith('what colour')) return only((one) => one.shape === last).colour;
  if (question.startsWith('what shape')) return only((one) => one.colour === words[4]).shape;
  if (question.startsWith('how many')) {
    const what = words[2]!;
    const fits = ({ shape, colour }: PlacedShape): boolean =>
      what === 'shapes' || colour === what || `${shape}s` === what || `${shape}es` === what;
    return `${shapes.filter(fits).length}`;
  }
  if (question.startsWith('is there')) {
    const label = words.slice(3).join(' ');
    return shapes.some((one) => FINE_NAMES[one.label] === label) ? 'yes' : 'no';
  }
  if (question.startsWith('where')) {
    const [x, y] = only((one) => FINE_NAMES[one.label] === words.slice(3).join(' ')).centre;
    const across = x < 12.5 ? 'left' : x > 19.5 ? 'right' : '';
    const down = y < 12.5 ? 'top' : y > 19.5 ? 'bottom' : '';
    return [down, across].filter(Boolean).join(' ') || 'middle';
  }
  const anchor = only((one) => one.shape === last);
  const way = words[2]!;
  const [axis, sign] = [
    way === 'left' || way === 'right' ? 0 : 1,
    way === 'left' || way === 'above' ? -1 : 1,
  ];
  return only((one) => one !== anchor && sign * (one.centre[axis]! - anchor.centre[axis]!) > 0).shape;
}

describe('questions', () => {
  test('have answers that are true, from the kind’s own', () => {
    for (const { shapes, ...one } of asked) {
      expect(`${one.question} ${one.answer}`).toBe(`${one.question} ${truth(one, shapes)}`);
      expect(ANSWERS[one.kind]).toContain(one.answer);
    }
    expect(new Set(asked.map(({ kind }) => kind))).toEqual(new Set(Object.keys(ANSWERS)));
  });

  test('of yes and no are balanced, and as often crossed where they can be', () => {
    const whether = asked.filter(({ kind }) => kind === 'yes/no');
    const no = whether.filter(({ answer }) => answer === 'no');
    expect(no.length / whether.length).toBeGreaterThan(0.45);
    expect(no.length / whether.length).toBeLessThan(0.55);
    const crossable = no.filter(({ shapes }) => shapes.length > 1);
    expect(crossable.filter(({ bound }) => bound).length / crossable.length).toBeGreaterThan(0.3);
    for (const { question, shapes, bound } of no) {
      const [colour, shape] = question.replace('?', '').split(' ').slice(3);
      const both = shapes.some((one) => one.colour === colour) && shapes.some((one) => one.shape === shape);
      expect(bound).toBe(both);
    }
  });

  test('of each kind have every answer, none of them most of the time', () => {
    for (const [kind, answers] of Object.entries(ANSWERS)) {
      const all = asked.filter((one) => one.kind === kind);
      for (const answer of answers) {
        const share = all.filter((one) => one.answer === answer).length / all.length;
        expect(share, `${kind}: ${answer}`).toBeGreaterThan(0.02);
        expect(share, `${kind}: ${answer}`).toBeLessThan(0.55);
      }
    }
  });

  test('of training show and name no combination that is held out', () => {
    for (let index = 0; index < 500; index++) {
      const { scene, questions } = questionedScene('train', index);
      expect(scene.shapes.every(({ label }) => SEEN[label])).toBe(true);
      for (const { question } of questions) {
        const named = FINE_NAMES.findIndex((name) => question.includes(name));
        expect(named < 0 || SEEN[named]).toBe(true);
      }
    }
  });
});

describe('scenes', () => {
  test('have one to four shapes, each number as often, no two of one class and none touching', () => {
    const counts = [0, 0, 0, 0];
    for (const { shapes } of scenes.map(({ scene }) => scene)) {
      counts[shapes.length - 1]! += 1;
      expect(new Set(shapes.map(({ label }) => label)).size).toBe(shapes.length);
      for (const [i, one] of shapes.entries()) {
        for (const axis of [0, 1]) {
          expect(one.centre[axis]! - one.extent[axis]! / 2).toBeGreaterThanOrEqual(1 - 1e-9);
          expect(one.centre[axis]! + one.extent[axis]! / 2).toBeLessThanOrEqual(31 + 1e-9);
        }
        for (const other of shapes.slice(i + 1)) {
          const apart = [0, 1].map(
            (axis) =>
              Math.abs(one.centre[axis]! - other.centre[axis]!) -
              (one.extent[axis]! + other.extent[axis]!) / 2,
          );
          expect(Math.max(...apart)).toBeGreaterThan(1.99);
        }
      }
    }
    for (const count of counts) expect(count / SCENES).toBeCloseTo(0.25, 1);
  });

  test('show each shape in its colour where it is said to be', () => {
    // A square's, a circle's and a diamond's middle is inside it.
    const full = ['square', 'circle', 'diamond', 'heart', 'cross', 'star', 'triangle'];
    for (const { scene, image } of scenes.slice(0, 200)) {
      for (const { shape, colour, centre } of scene.shapes) {
        if (!full.includes(shape)) continue;
        const at = 3 * (32 * Math.floor(centre[1]) + Math.floor(centre[0]));
        const pixel = image.data.subarray(at, at + 3);
        const far = (name: (typeof COLOURS)[number]): number =>
          Math.hypot(...typicalShade(name).map((value, i) => value - pixel[i]!));
        const nearest = [...COLOURS].sort((a, b) => far(a) - far(b));
        expect(nearest.slice(0, 2), `${colour} ${shape}`).toContain(colour);
      }
    }
  });

  test('are the same each time, others with another seed, split or index', () => {
    const bytes = (...args: Parameters<typeof questionedScene>): string =>
      Buffer.from(questionedScene(...args).image.data).toString('base64');
    expect(bytes('train', 3, 5)).toBe(bytes('train', 3, 5));
    const others = [
      bytes('train', 3, 5),
      bytes('train', 3, 6),
      bytes('train', 4, 5),
      bytes('validation', 3, 5),
    ];
    expect(new Set(others).size).toBe(4);
    expect(() => questionedScene('train', -1)).toThrow(
      'picture index: expected a whole number, 0 or more, got -1',
    );
  });
});
