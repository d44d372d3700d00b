import { describe, expect, it } from 'vitest';
import { CAPTION_TEMPLATES, CAPTION_WORDS, LONGEST_CAPTION } from '../../../src/data/shapes/captions.ts';
import { FINE_NAMES, HELD_OUT, SHAPES } from '../../../src/data/shapes/classes.ts';
import { type ShapesExample, trainBatch } from '../../../src/data/shapes/shapes.ts';

const examples: ShapesExample[] = Array.from({ length: 120 }, (_, step) => trainBatch(3, step, 85)).flat();
const captions = examples.map(({ caption }) => caption);

describe('captions', () => {
  it('come from many templates, in a small vocabulary that they use up', () => {
    expect(CAPTION_TEMPLATES.length).toBeGreaterThanOrEqual(25);
    expect([...new Set(captions.flatMap((caption) => caption.split(' ')))].sort()).toEqual(CAPTION_WORDS);
    expect(CAPTION_WORDS.length).toBeLessThan(80);
  });

  it('are lower-case words, at most 14', () => {
    for (const caption of captions) expect(caption).toMatch(/^[a-z]+( [a-z]+)*$/);
    expect(Math.max(...captions.map((caption) => caption.split(' ').length))).toBeLessThanOrEqual(
      LONGEST_CAPTION,
    );
  });

  it('have the right article', () => {
    for (const caption of captions) expect(caption).not.toMatch(/\ba (?=[aeiou])|\ban (?![aeiou])/);
  });

  it('say the colour and the shape, and nothing that is held out', () => {
    const heldOut = new RegExp(HELD_OUT.join('|'));
    for (const { caption, scene, label } of examples) {
      expect(HELD_OUT).not.toContain(FINE_NAMES[label]);
      const { colour, shape } = scene;
      expect(caption.split(' ').filter((word) => (SHAPES as readonly string[]).includes(word))).toEqual([
        shape,
      ]);
      expect(caption).toMatch(new RegExp(`${colour} ${shape}|${shape} (in|is|that is) ${colour}`));
      expect(caption).not.toMatch(heldOut);
    }
  });

  it('say sizes, places and grounds that are so', () => {
    const said = { size: 0, place: 0, ground: 0 };
    for (const { caption, scene } of examples) {
      const words = caption.replace('a good photo', '').split(' ');
      const has = (...any: string[]) => any.some((word) => words.includes(word));
      const [x, y] = scene.centre;
      if (has('tiny')) expect(scene.size).toBeLessThan(13);
      if (has('small', 'little', 'tiny')) expect(scene.size).toBeLessThan(16);
      if (has('big', 'large', 'huge')) expect(scene.size).toBeGreaterThanOrEqual(19.5);
      if (has('left')) expect(x).toBeLessThan(13);
      if (has('right')) expect(x).toBeGreaterThan(19);
      if (has('top')) expect(y).toBeLessThan(13);
      if (has('bottom')) expect(y).toBeGreaterThan(19);
      if (has('middle', 'centre')) expect(Math.hypot(x - 16, y - 16)).toBeLessThan(5);
      const ground = /\bon (?:an? )?(\w+)(?: and (\w+))? (?:background|stripes|checks)/.exec(caption);
      const colours = ground?.slice(1).filter((word) => word && !['striped', 'checked'].includes(word));
      for (const colour of colours ?? []) expect(scene.groundColours).toContain(colour);
      if (has('striped', 'stripes')) expect(scene.ground.pattern).toBe('stripes');
      if (has('checked', 'checks')) expect(scene.ground.pattern).toBe('checks');
      said.size += Number(has('tiny', 'small', 'little', 'medium', 'big', 'large', 'huge'));
      said.place += Number(has('left', 'right', 'top', 'bottom', 'middle', 'centre'));
      said.ground += Number(colours !== undefined);
    }
    for (const count of Object.values(said)) expect(count / examples.length).toBeGreaterThan(0.15);
  });

  it('are plain ones often enough', () => {
    const plain = examples.filter(({ caption, label }) => {
      return caption.replace(/^(a (photo|picture) of )?((a|an|the) )?/, '') === FINE_NAMES[label];
    });
    expect(plain.length / examples.length).toBeGreaterThan(0.15);
  });
});
