// Features of a whole set: the same as those of its pictures, whatever cannot be read left out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { readPicture } from '../../src/data/pictures/decode.node.ts';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import type { PictureSet } from '../../src/data/sets/picture-set.ts';
import { embedPictures } from '../../src/tasks/embed-pictures.node.ts';
import { load } from '../../src/tasks/load.node.ts';
import { tintedSet } from '../finetune/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The set's pictures as files; those in `broken` end early. */
function onDisk(set: PictureSet, broken: readonly number[]): PictureSet {
  const paths = Array.from({ length: set.count }, (_, i) => {
    const { picture } = set.source(i) as { picture: { data: Uint8Array; width: number; height: number } };
    const bytes = encodePng(picture.data, picture.width, picture.height);
    const path = join(folder, `${i}.png`);
    writeFileSync(path, broken.includes(i) ? bytes.subarray(0, 60) : bytes);
    return path;
  });
  return { ...set, source: (index) => ({ path: paths[index]! }) };
}

test('each row is its picture’s, broken ones are left out and told', async () => {
  const loaded = await load('mini', { backend: 'wasm' });
  const set = onDisk(tintedSet(10, 1), [0, 17]);
  const tensors = tf.memory().numTensors;
  const notes: string[] = [];
  const progress: number[] = [];
  const { features, kept, labels, broken } = await embedPictures(loaded, set, {
    batch: 8,
    onNote: (note) => notes.push(note),
    onProgress: (done) => progress.push(done),
  });
  expect(tf.memory().numTensors).toBe(tensors);
  expect(broken.map(({ name }) => name.split('/').at(-1))).toEqual(['0.png', '17.png']);
  expect(notes).toHaveLength(2);
  expect(notes[1]).toMatch(/17\.png/);
  expect(progress).toEqual([8, 16, 24, 30]);
  expect([...kept]).toEqual(Array.from({ length: 30 }, (_, i) => i).filter((i) => i !== 0 && i !== 17));
  expect([...labels!]).toEqual([...kept].map((i) => i % 3));
  const width = features.length / 28;
  for (const row of [0, 15, 27]) {
    const source = set.source(kept[row]!) as { path: string };
    const alone = loaded.model.encodeImage(loaded.preprocess(await readPicture(source.path)));
    const expected = alone.dataSync();
    alone.dispose();
    const furthest = Math.max(...expected.map((value, i) => Math.abs(value - features[row * width + i]!)));
    expect(furthest).toBeLessThan(1e-5); // of features up to 2: batches add in another order
  }
});

test('too many broken pictures stop it, naming some', async () => {
  const loaded = await load('mini', { backend: 'wasm' });
  const set = onDisk(tintedSet(10, 1), [2, 3, 9, 12]);
  await expect(embedPictures(loaded, set)).rejects.toThrow(
    /too many pictures of tints 1 cannot be read: expected at most 3 of 30, got 4: .*png/,
  );
});
