// Generation with the embedded model: the cosine rises, a seed is a picture, a start is kept, and what stops it.
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePicture } from '../../../src/data/pictures/decode.node.ts';
import { shapesTest } from '../../../src/data/shapes/shapes.ts';
import { WAYS } from '../../../src/tasks/generate/canvas.ts';
import { filmSteps, makeFilm } from '../../../src/tasks/generate/film.node.ts';
import { type GenerateOptions, generatePicture } from '../../../src/tasks/generate/generate-picture.ts';
import { judgePicture } from '../../../src/tasks/generate/judge.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm' });
});
afterAll(() => loaded.release());

const FEW: GenerateOptions = { by: 'fourier', steps: 6, size: 32, views: { count: 2 } };

describe('a picture from a text', () => {
  test.each(WAYS)('by %s: the model finds it like the text, and nothing is left in memory', async (by) => {
    const before = tf.memory().numTensors;
    const cosines: number[] = [];
    const made = await generatePicture(loaded, 'a red circle', {
      by,
      steps: 25,
      size: 48,
      views: { count: 4 },
      onStep: ({ cosine }) => {
        cosines.push(cosine);
      },
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(cosines).toHaveLength(25);
    expect(made.picture).toMatchObject({ mode: 'RGB', width: 48, height: 48 });
    expect(made).toMatchObject({ by, steps: 25 });
    expect(cosines.at(-1)! - cosines[0]!).toBeGreaterThan(0.1);
    const verdict = await judgePicture(loaded, made.picture, ['red circle', 'blue star'], 'a red circle');
    expect(verdict.right).toBe(true);
    expect(verdict.top[0]!.cosine).toBeGreaterThan(cosines[0]!);
  });

  test('the same seed gives the same bytes, another one others', async () => {
    const make = async (seed: number) =>
      (await generatePicture(loaded, 'a star', { ...FEW, seed })).picture.data;
    const [one, again, other] = [await make(1), await make(1), await make(2)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test('a negative text changes it', async () => {
    const make = async (without: string[]) =>
      (await generatePicture(loaded, 'a star', { ...FEW, without })).picture.data;
    expect(await make(['a red star'])).not.toEqual(await make([]));
  });

  test('told to stop, it gives what it has', async () => {
    const stop = new AbortController();
    const made = await generatePicture(loaded, 'a star', {
      ...FEW,
      signal: stop.signal,
      onStep: ({ step }) => {
        if (step === 2) stop.abort();
      },
    });
    expect(made.steps).toBe(2);
    expect(made.picture.width).toBe(32);
  });
});

describe('near a picture', () => {
  const start = shapesTest().image(658); // a white star
  test.each(['pixels', 'fourier'] as const)(
    'by %s more of its structure is left where more is kept',
    async (by) => {
      const options = { by, start, steps: 25, size: 64, views: { count: 4 } } as const;
      const [free, kept] = [
        await generatePicture(loaded, 'a blue ring', { ...options, keep: 0 }),
        await generatePicture(loaded, 'a blue ring', { ...options, keep: 0.8 }),
      ];
      expect(kept.structure!).toBeGreaterThan(free.structure!);
      expect(kept.structure!).toBeGreaterThan(0.8);
    },
  );
});

describe('refuses', () => {
  const refused = (text: string, options: GenerateOptions = {}) =>
    expect(generatePicture(loaded, text, { ...FEW, ...options })).rejects;
  test('texts and options that make no picture, in one line each', async () => {
    await refused(' ').toThrow(/no text: expected what the picture is to show/);
    await refused('red '.repeat(20)).toThrow(/16/);
    await refused('a star', { steps: 0 }).toThrow(/steps: expected a whole number, 1 to 1000000, got 0/);
    await refused('a star', { size: 5000 }).toThrow(/side: expected a whole number, 16 to 1024, got 5000/);
    await refused('a star', { keep: 1 }).toThrow(/below 1, got 1/);
    await refused('a star', { by: 'shapes', start: shapesTest().image(0) }).toThrow(/shapes cannot start/);
    await refused('a star', { prompts: ['no place'] }).toThrow(/one \{\}/);
  });

  test('weights that are no numbers, at the first step', async () => {
    const broken = await load('mini', { backend: 'wasm' });
    const { value } = [...broken.model.visual.namedParameters()].find(([name]) => name === 'proj')![1];
    value.assign(tf.fill(value.shape, Number.NaN));
    await expect(generatePicture(broken, 'a star', FEW)).rejects.toThrow(/the loss of step 1 is NaN/);
    broken.release();
  });
});

describe('a film', () => {
  const frames = [1, 2, 3].map((step) => ({
    step,
    picture: {
      mode: 'RGB' as const,
      width: 32,
      height: 32,
      data: new Uint8Array(32 * 32 * 3).fill(60 * step),
    },
  }));

  test('as a GIF has every frame, in order', async () => {
    const bytes = await makeFilm('gif', frames, 'greys');
    const { pages, pageHeight, delay } = await sharp(bytes, { animated: true }).metadata();
    expect([pages, pageHeight]).toEqual([3, 32]);
    expect(delay!.at(-1)).toBeGreaterThan(delay![0]!);
    const last = await sharp(bytes, { page: 2 }).raw().toBuffer();
    expect(Math.abs(last[0]! - 180)).toBeLessThan(4); // a palette
  });

  test('as a PNG has them side by side', async () => {
    const { width, height } = await decodePicture(await makeFilm('png', frames, 'greys'));
    expect(width).toBeGreaterThan(3 * 100);
    expect(height).toBeGreaterThan(100);
  });

  test('takes the last step, and no step twice', () => {
    for (const steps of [1, 5, 300]) expect([...filmSteps('gif', steps)].at(-1)).toBe(steps);
    expect(filmSteps('png', 300).size).toBe(8);
  });
});
