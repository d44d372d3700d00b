import { expect, it } from 'vitest';
import {
  COARSE_NAMES,
  COLOURS,
  coarseOf,
  colourOf,
  FINE_NAMES,
  HELD_OUT,
  SEEN,
  SEEN_LABELS,
  SHAPES,
  shapeOf,
} from '../../../src/data/shapes/classes.ts';

it('names 100 classes, a colour and a shape each', () => {
  expect(new Set(FINE_NAMES).size).toBe(100);
  FINE_NAMES.forEach((name, fine) => {
    expect(`${colourOf(fine)} ${shapeOf(fine)}`).toBe(name);
  });
  expect([FINE_NAMES[0], FINE_NAMES[23], FINE_NAMES[99]]).toEqual(['red circle', 'blue star', 'white arrow']);
});

it('parts them into 20 groups of five', () => {
  expect(new Set(COARSE_NAMES).size).toBe(20);
  const groups = FINE_NAMES.map((_, fine) => coarseOf(fine));
  for (let coarse = 0; coarse < 20; coarse++) {
    const members = FINE_NAMES.filter((_, fine) => groups[fine] === coarse);
    expect(members).toHaveLength(5);
    // `cool crosses` holds crosses only.
    const [, plural] = COARSE_NAMES[coarse]!.split(' ');
    for (const member of members) expect(plural).toMatch(new RegExp(`^${member.split(' ')[1]}e?s$`));
  }
});

it('holds out 15 classes, of each colour and of each shape one or two', () => {
  expect(HELD_OUT).toHaveLength(15);
  expect(HELD_OUT.every((name) => FINE_NAMES.includes(name))).toBe(true);
  for (const word of [...COLOURS, ...SHAPES]) {
    const count = HELD_OUT.filter((name) => name.split(' ').includes(word)).length;
    expect(count, word).toBeGreaterThanOrEqual(1);
    expect(count, word).toBeLessThanOrEqual(2);
  }
  expect(SEEN.filter(Boolean)).toHaveLength(85);
  expect(SEEN_LABELS.some((fine) => HELD_OUT.includes(FINE_NAMES[fine]!))).toBe(false);
});
