// A row of a batch is the row alone, and what stands behind a text's end does not matter.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { normalize } from '../../src/model/ops.ts';
import { readGiven } from '../../src/parity/given.ts';
import type { Subject } from '../../src/parity/run.ts';
import { ENGINES, openCase, startListed, withOwnModel } from './support.ts';

// Measured: 1.2e-7 at most. An engine may add in another order for another number of rows.
const BAR = 1e-6;

/** max |Δ| of two lots of features, rows scaled to length 1. */
function apart(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(normalize(a), normalize(b)))).dataSync()[0]!);
}

describe.each(ENGINES)('on %s', (engine) => {
  test.each(['vit', 'rn'] as const)('%s: row i of a batch is row i alone', async (name) => {
    await startListed(engine);
    const recording = await openCase(name);
    await withOwnModel(recording, async ({ model }: Subject) => {
      const { image, text } = await readGiven(recording, model.config);
      const alone = <T extends tf.Tensor>(batch: T, encode: (rows: T) => tf.Tensor): number => {
        const together = encode(batch);
        const rows = tf.split(batch as tf.Tensor, batch.shape[0]!).map((row) => encode(row as T));
        return apart(tf.concat(rows), together);
      };
      const errors = tf.tidy(() => [
        alone(image!, (rows) => model.encodeImage(rows)),
        alone(text!, (rows) => model.encodeText(rows)),
      ]);
      console.log(`${engine} ${name}, rows alone: ${errors.map((error) => error.toExponential(1))}`);
      for (const error of errors) expect(error).toBeLessThan(BAR);
      tf.dispose([image!, text!]);
    });
  });

  test('padding does not change the features of a text', async () => {
    await startListed(engine);
    const recording = await openCase('vit');
    await withOwnModel(recording, async ({ model }) => {
      const short = [528, 7, 9, 529];
      const padded = (filler: number) =>
        tf.tensor2d([[...short, ...Array(7).fill(filler)]], [1, 11], 'int32');
      const [zeros, others] = [padded(0), padded(17)].map((ids) => model.encodeText(ids));
      expect(apart(zeros!, others!)).toBeLessThan(BAR);
      const another = model.encodeText(
        tf.tensor2d([[528, 7, 8, 529, 0, 0, 0, 0, 0, 0, 0]], [1, 11], 'int32'),
      );
      expect(apart(zeros!, another)).toBeGreaterThan(1000 * BAR); // it would notice
    });
  });
});
