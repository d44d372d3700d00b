// Texts of many lengths: every row is its text's, as if it had been encoded alone and padded, on every engine that is here.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { engines } from '../../src/backend/engines.node.ts';
import { BARS } from '../../src/parity/bars.ts';
import { batchesByLength, embedTexts } from '../../src/tasks/embed-texts.ts';
import { load } from '../../src/tasks/load.node.ts';
import { normalizeRows } from '../../src/tasks/normalize-rows.ts';

const texts = [
  'red star',
  'a photo of a yellow crescent on a white background',
  '',
  'blue',
  'a pink heart and a pink heart',
  'a photo of a green ring',
  'red star',
];

describe.each(engines)('$name', ({ name }) => {
  test.each([1, 2, undefined])('in batches of %s', async (batch) => {
    const loaded = await load('mini', { backend: name, onNote: () => {} }).catch((error: Error) => error);
    if (loaded instanceof Error) {
      console.log(`skipped: ${loaded.message}`);
      return;
    }
    const { model, tokenize } = loaded;
    const width = model.config.embed_dim;
    const before = tf.memory().numTensors;
    const progress: number[] = [];
    const { features } = await embedTexts(loaded, texts, {
      batch,
      onProgress: (done) => progress.push(done),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(progress.at(-1)).toBe(texts.length);
    normalizeRows(features, width);
    for (const [i, text] of texts.entries()) {
      const alone = tf.tidy(() => model.encodeText(tokenize(text)).dataSync() as Float32Array); // padded
      normalizeRows(alone, width);
      const row = features.subarray(i * width, (i + 1) * width);
      const furthest = Math.max(...alone.map((value, at) => Math.abs(value - row[at]!)));
      expect(furthest).toBeLessThan(BARS.features);
    }
    loaded.release();
  });
});

test('batches hold every index once, the longest first, as many as their longest allows', () => {
  const lengths = [3, 9, 4, 4, 2, 8];
  const batches = batchesByLength(lengths, (length) => Math.floor(18 / length));
  expect(batches).toEqual([
    [1, 5],
    [2, 3, 0, 4],
  ]);
});

test('a text too long is refused, or cut', async () => {
  const loaded = await load('mini', { backend: 'cpu' });
  const long = 'star '.repeat(30);
  await expect(embedTexts(loaded, ['red', long])).rejects.toThrow(/text 2 of 2 too long/);
  expect((await embedTexts(loaded, ['red', long], { truncate: true })).features).toHaveLength(256);
});
