import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PixelPool } from '../../src/data/pool/pixel-pool.node.ts';
import { labelledSet } from '../../src/data/sets/labelled.ts';
import { subset } from '../../src/data/sets/order.ts';
import type { PictureSet } from '../../src/data/sets/picture-set.ts';
import { shapesTrain } from '../../src/data/shapes/shapes.ts';
import { Feed, type FeedOptions } from '../../src/finetune/feed.node.ts';
import { load } from '../../src/index.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';

let loaded: LoadedModel;
let pool: PixelPool;
let shapes: PictureSet;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'cpu' });
  const augmentation = { scale: [0.5, 1], flip: 0.5 } as const;
  pool = new PixelPool({ size: 32, normalization: loaded.model.config, augmentation, workers: 1 });
  shapes = subset(
    labelledSet('shapes', shapesTrain()),
    Array.from({ length: 10 }, (_, i) => i),
    'ten shapes',
  );
});
afterAll(async () => {
  await pool.close();
  loaded.release();
});

const notes: string[] = [];
const OPTIONS: FeedOptions = {
  batch: 4,
  seed: 1,
  templates: ['a photo of a {}', 'the {}'],
  augment: true,
  onNote: (note) => notes.push(note),
};

interface Seen {
  pixels: number[];
  ids: number[][];
  groups: number[];
}

async function seen(feed: Feed, step: number): Promise<Seen> {
  const { images, tokens, groups } = await feed.batches(step);
  const batch = {
    pixels: Array.from(images.dataSync()),
    ids: tokens.arraySync(),
    groups: Array.from(groups!),
  };
  tf.dispose([images, tokens]);
  return batch;
}

test('a step has the same batch whenever it is asked for, another epoch another order and other crops', async () => {
  const first = new Feed(loaded, shapes, 6, OPTIONS, pool);
  const all = [await seen(first, 0), await seen(first, 1), await seen(first, 2), await seen(first, 3)];
  const resumed = new Feed(loaded, shapes, 6, OPTIONS, pool);
  expect(await seen(resumed, 3)).toEqual(all[3]);
  expect(await seen(new Feed(loaded, shapes, 6, { ...OPTIONS, seed: 2 }, pool), 3)).not.toEqual(all[3]);
  // Two steps an epoch: the third has some of the first one's pictures, cropped anew.
  const pictures = new Set(all.slice(0, 2).flatMap(({ groups }) => groups));
  expect(pictures.size).toBe(8);
  expect(all[2]!.pixels).not.toEqual(all[0]!.pixels);
  // Nothing is read beyond the last step.
  await seen(resumed, 5);
  expect(resumed.waited).toBeGreaterThan(0);
});

test('classes are said in one of the templates, and pairs of one class are of one group', async () => {
  const same = { ...shapes, labels: Int32Array.from({ length: 10 }, (_, i) => i % 2) };
  const { ids, groups } = await seen(
    new Feed(loaded, same, 1, { ...OPTIONS, augment: false, batch: 10 }, pool),
    0,
  );
  expect(new Set(groups)).toEqual(new Set([0, 1]));
  const texts = shapes.classes!.slice(0, 2).flatMap((name) => [`a photo of a ${name}`, `the ${name}`]);
  const possible = loaded.tokenizer.tokenize(texts, 16).map((row) => Array.from(row).join());
  for (const row of ids) expect(possible).toContain(row.join());
  expect(new Set(ids.map((row) => row.join())).size).toBe(4);
});

test('captions: one of a picture’s own by chance, equal ones of one group, long ones cut and counted', async () => {
  const long = `a red star ${'and a red star '.repeat(9)}`;
  const said = [['a red star'], ['a red star'], [long], ['a ring', 'the ring']];
  const captioned: PictureSet = {
    name: 'four',
    count: 4,
    fingerprint: 'x',
    captions: (index) => said[index]!,
    source: (index) => shapes.source(index),
  };
  const feed = new Feed(loaded, captioned, 40, OPTIONS, pool);
  const { ids, groups } = await seen(feed, 0);
  expect(new Set(groups).size).toBe(3);
  expect(feed.cut).toBe(1);
  expect(notes.filter((note) => note.startsWith('cut to 16 tokens'))).toHaveLength(1);
  const end = loaded.tokenizer.endOfText;
  for (const row of ids) expect(row).toContain(end);
  const rings = new Set<string>();
  for (let step = 1; step < 12; step++) for (const row of (await seen(feed, step)).ids) rings.add(row.join());
  expect(rings.size).toBe(4); // both captions of the ring have had their turn
});

test('a picture that cannot be read is missing from its batch, and so is its text', async () => {
  const torn: PictureSet = {
    ...shapes,
    source: (index) => (index === 3 ? { path: '/nowhere/torn.png' } : shapes.source(index)),
  };
  const feed = new Feed(loaded, torn, 2, { ...OPTIONS, batch: 5 }, pool);
  const both = [await seen(feed, 0), await seen(feed, 1)];
  expect(both.map(({ ids }) => ids.length).sort()).toEqual([4, 5]);
  expect(both.map(({ groups }) => groups.length)).toEqual(both.map(({ ids }) => ids.length));
  expect(feed.broken.count).toBe(1);
  expect(notes.at(-1)).toMatch(/^passed over: \/nowhere\/torn.png: no such file/);
});

test('a batch larger than the set is refused', () => {
  expect(() => new Feed(loaded, shapes, 2, { ...OPTIONS, batch: 11 }, pool)).toThrow(
    /ten shapes has fewer pictures than a batch: expected at least 11, got 10/,
  );
});
