// Few labels and many pictures, on the embedded model: what is reported is counted, what is written is what was chosen.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { labelByItself } from '../../src/finetune/label.node.ts';
import { zeroShotAccuracy } from '../../src/finetune/zero-shot-accuracy.node.ts';
import { load } from '../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { tintedSet } from './support.ts';

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm' });
});

const sets = { train: tintedSet(20, 1), evaluation: tintedSet(20, 2) };
const options = { shots: [1, 4], seeds: [0, 1], threshold: 0 };

test('a row for each number of labels, the mean of its draws', async () => {
  const tensors = tf.memory().numTensors;
  const report = await labelByItself(loaded, sets, options);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(report.zeroshot).toBe(await zeroShotAccuracy(loaded, sets.evaluation, undefined));
  expect(report.rows.map(({ shots }) => shots)).toEqual([1, 4]);
  for (const { labelled, pseudo, draws } of report.rows) {
    expect(draws.map(({ seed }) => seed)).toEqual([0, 1]);
    expect(labelled).toBeCloseTo((draws[0]!.labelled + draws[1]!.labelled) / 2, 12);
    expect(pseudo).toBeCloseTo((draws[0]!.pseudo + draws[1]!.pseudo) / 2, 12);
    for (const { count, right } of draws) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(3 * 5); // a quarter of an even share of at most 57
      expect(right! * count).toBeCloseTo(Math.round(right! * count), 9);
    }
  }
  const [one, four] = report.rows;
  expect(four!.labelled).toBeGreaterThan(one!.labelled);
  expect(four!.labelled).toBeGreaterThan(report.zeroshot);
  // The labels are of pictures that were not drawn, with the truth's share that the row says.
  const { count, right } = four!.draws[0]!;
  expect(report.labels).toHaveLength(count);
  const truths = report.labels.map(({ picture }) => {
    const index = Number(picture.match(/^tints 1\[(\d+)\]$/)![1]);
    return sets.train.classes![sets.train.labels![index]!];
  });
  expect(truths.filter((truth, i) => truth === report.labels[i]!.label).length).toBe(
    Math.round(right! * count),
  );
  expect(await labelByItself(loaded, sets, options)).toEqual(report);
});

test('pictures of another set, whose labels are not looked at', async () => {
  const other = { ...tintedSet(10, 3), classes: undefined, labels: undefined };
  const { rows, labels } = await labelByItself(
    loaded,
    { ...sets, unlabelled: other },
    { ...options, shots: [4] },
  );
  expect(rows[0]!.draws[0]!.right).toBeUndefined();
  expect(labels.every(({ picture }) => picture.startsWith('tints 3['))).toBe(true);
});

test('an adapter learns from the same labels, and leaves the model as it was', {
  timeout: 240_000,
}, async () => {
  const before = await zeroShotAccuracy(loaded, sets.evaluation, undefined);
  const tensors = tf.memory().numTensors;
  const { rows } = await labelByItself(loaded, sets, {
    ...options,
    student: 'lora',
    shots: [4],
    seeds: [0],
    templates: ['a photo of a {} star', 'a photo of a {} ring'],
  });
  const [draw] = rows[0]!.draws;
  for (const share of [draw!.labelled, draw!.pseudo])
    expect((share * sets.evaluation.count) % 1).toBeCloseTo(0, 6);
  expect([draw!.labelled, draw!.pseudo]).not.toEqual([before, before]); // it has learned something
  expect(tf.memory().numTensors).toBe(tensors);
  expect(await zeroShotAccuracy(loaded, sets.evaluation, undefined)).toBe(before);
});

test('more labels than there are pictures: refused before any is encoded', async () => {
  const progress: string[] = [];
  const asked = { ...options, shots: [1, 32], onProgress: (what: string) => progress.push(what) };
  await expect(labelByItself(loaded, sets, asked)).rejects.toThrow(
    /pictures of rust: expected at least 32, got 20/,
  );
  expect(progress).toEqual([]);
});
