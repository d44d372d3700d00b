import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { accumulatedGradients } from '../../src/train/accumulate.ts';
import { IMAGE_TOWER, withoutFrozen } from '../../src/train/freeze.ts';
import { type LossAndGradients, lossAndGradients, trainableParameters } from '../../src/train/gradients.ts';
import { Lora } from '../../src/train/lora.ts';
import { randomBatch, tinyModel } from './support.ts';

let model: CLIP;
beforeAll(async () => {
  await startEngine('cpu');
  model = tinyModel();
});
afterAll(() => releaseModel(model));

/** The largest difference of any gradient, in parts of that gradient's largest number. */
function expectEqual(whole: LossAndGradients, parts: LossAndGradients): void {
  expect(parts.loss.dataSync()[0]).toBeCloseTo(whole.loss.dataSync()[0]!, 6);
  expect(parts.accuracy.dataSync()).toEqual(whole.accuracy.dataSync());
  expect([...parts.gradients.keys()]).toEqual([...whole.gradients.keys()]);
  for (const [name, gradient] of whole.gradients) {
    const [a, b] = [gradient.dataSync(), parts.gradients.get(name)!.dataSync()];
    const largest = Math.max(...a.map(Math.abs));
    const difference = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
    expect(difference, name).toBeLessThan(1e-5 * largest + 1e-8); // the order of additions
  }
  for (const { loss, accuracy, gradients } of [whole, parts])
    tf.dispose([loss, accuracy, ...gradients.values()]);
}

test.each([
  [2, undefined],
  [3, undefined], // 7 pairs: parts of 3, 3 and 1
  [7, undefined],
  [3, [0, 1, 0, 2, 1, 1, 3]],
])('in %d parts the gradients are those of one piece, groups %j', (parts, groups) => {
  const batch = { ...randomBatch(1, 7), groups };
  const before = tf.memory().numTensors;
  const parameters = trainableParameters(model);
  expectEqual(
    lossAndGradients(model, batch, parameters),
    accumulatedGradients(model, batch, parameters, parts),
  );
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([batch.images, batch.tokens]);
});

test('with a tower frozen, and with an adapter that drops', () => {
  const batch = randomBatch(2, 6);
  const parameters = withoutFrozen(trainableParameters(model), IMAGE_TOWER);
  expectEqual(lossAndGradients(model, batch, parameters), accumulatedGradients(model, batch, parameters, 2));

  const lora = new Lora(model, { rank: 2, alpha: 1, dropout: 0 }, 1);
  expectEqual(
    lossAndGradients(model, batch, lora.parameters),
    accumulatedGradients(model, batch, lora.parameters, 3),
  );
  lora.release();
  // Each part is told twice, so that what is random can be the same again.
  const told: number[] = [];
  const { loss, accuracy, gradients } = accumulatedGradients(model, batch, parameters, 3, (part) => {
    told.push(part);
  });
  expect(told).toEqual([0, 1, 2, 0, 1, 2]);
  tf.dispose([loss, accuracy, ...gradients.values(), batch.images, batch.tokens]);
});

test('pairs of one group share the truth: equal to the formula by hand', () => {
  const batch = { ...randomBatch(3, 4), groups: [5, 9, 5, 7] };
  const logits = model.call(batch.images, batch.tokens);
  const rows = [logits.logits_per_image, logits.logits_per_text].map((x) => x.arraySync());
  const truth = [
    [0.5, 0, 0.5, 0],
    [0, 1, 0, 0],
    [0.5, 0, 0.5, 0],
    [0, 0, 0, 1],
  ];
  let sum = 0;
  for (const matrix of rows) {
    matrix.forEach((row, i) => {
      const total = Math.log(row.reduce((s, x) => s + Math.exp(x), 0));
      row.forEach((x, j) => {
        sum -= (truth[i]![j]! * (x - total)) / 8;
      });
    });
  }
  const { loss, accuracy, gradients } = lossAndGradients(model, batch);
  expect(loss.dataSync()[0]).toBeCloseTo(sum, 5);
  const right = rows[0]!.filter((row, i) => truth[i]![row.indexOf(Math.max(...row))]! > 0).length;
  expect(accuracy.dataSync()[0]).toBeCloseTo(right / 4, 6);
  tf.dispose([loss, accuracy, ...gradients.values(), batch.images, batch.tokens, logits]);
});
