// Heads, start to finish on the embedded model, with classes whose names it cannot know.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { PictureSet } from '../../src/data/sets/picture-set.ts';
import { finetuneHead } from '../../src/finetune/head.node.ts';
import { headAccuracy } from '../../src/finetune/head-accuracy.ts';
import { probe } from '../../src/finetune/probe.node.ts';
import { embedPictures } from '../../src/tasks/embed-pictures.node.ts';
import { load } from '../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { tintedSet } from './support.ts';

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm' });
});

const sets = () => ({
  train: tintedSet(12, 1),
  evaluation: tintedSet(20, 2),
  zeroshot: tintedSet(4, 3, ['moss', 'rust']),
});

test.each(['before', 'after'] as const)(
  'learns what names do not tell, from features %s the projection',
  async (space) => {
    const tensors = tf.memory().numTensors;
    const found = await probe(loaded, sets(), { features: space });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(found.after.target).toBeGreaterThan(found.before.target + 0.2);
    expect(found.after.target).toBeGreaterThan(0.95);
    expect(found.after.zeroshot).toBe(found.before.zeroshot);
    expect(found.count).toEqual({ train: 36, evaluation: 60 });
    expect(found.head).toMatchObject({
      labels: ['rust', 'moss', 'slate'],
      features: space,
      normalized: false,
    });
    // What is reported is what the head does.
    const { features, labels } = await embedPictures(loaded, sets().evaluation, { space });
    expect(await headAccuracy(found.head, features, labels!)).toBe(found.after.target);
    // The same seed gives the same head.
    const again = await probe(loaded, sets(), { features: space });
    expect(again.c).toBe(found.c);
    expect(again.head.weight).toEqual(found.head.weight);
  },
);

test('a head around the names is no worse than they are with one picture a class, and learns from twelve', async () => {
  const [one, twelve] = [tintedSet(1, 1), tintedSet(12, 1)];
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const tensors = tf.memory().numTensors;
  const few = await finetuneHead(loaded, { ...sets(), train: one }, { onNote });
  const more = await finetuneHead(loaded, { ...sets(), train: twelve }, { onNote });
  expect(tf.memory().numTensors).toBe(tensors);
  expect(few.after.target).toBeGreaterThanOrEqual(few.before.target);
  expect(more.after.target).toBeGreaterThan(0.9);
  expect(more.head).toMatchObject({ features: 'after', normalized: true });
  expect(notes).toEqual(Array(2).fill('C is 3: fewer than 20 pictures a class are too few to choose it on'));
});

test('classes are matched by name, in whatever order a set has them', async () => {
  const turned = tintedSet(20, 2, ['slate', 'moss', 'rust']);
  const found = await probe(loaded, { ...sets(), evaluation: turned });
  expect(found.after.target).toBeGreaterThan(0.95);
  const unknown: PictureSet = { ...turned, classes: ['slate', 'moss', 'teal'] };
  await expect(probe(loaded, { ...sets(), evaluation: unknown })).rejects.toThrow(
    /pictures of a class that was not learned: expected one of rust, moss, slate, got teal/,
  );
});

test('one picture a class is enough, but says that C was not chosen', async () => {
  const notes: string[] = [];
  const found = await probe(
    loaded,
    { ...sets(), train: tintedSet(1, 1) },
    { onNote: (note) => notes.push(note) },
  );
  expect(notes).toEqual(['C is 0.316: fewer than 2 pictures a class are too few to choose it on']);
  expect(found.validation).toBeUndefined();
});

test('one class, or none, is refused', async () => {
  await expect(probe(loaded, { ...sets(), train: tintedSet(9, 1, ['moss']) })).rejects.toThrow(
    /one class only/,
  );
  const captions = { ...tintedSet(9, 1), classes: undefined, labels: undefined, captions: () => ['a'] };
  await expect(probe(loaded, { ...sets(), train: captions })).rejects.toThrow(/has no classes/);
});
