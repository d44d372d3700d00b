// Texts cut to the longest one's end have the features of texts padded to the context length, on every engine that is here.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { engines, startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { BARS } from '../../src/parity/bars.ts';
import { fixtureModel } from '../support.ts';

/** [texts, length], each text its ids and the end token, then zeros. */
function padded(ends: readonly number[], length: number, vocabulary: number): tf.Tensor2D {
  const ids = ends.map((end, row) =>
    Array.from({ length }, (_, at) =>
      at < end ? (7 * at + 13 * row) % (vocabulary - 1) : at === end ? vocabulary - 1 : 0,
    ),
  );
  return tf.tensor2d(ids, [ends.length, length], 'int32');
}

/** Rows scaled to length 1, and how far the furthest of two numbers are apart. */
function apart(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => {
    const [x, y] = [a, b].map((rows) => tf.div(rows, tf.norm(rows, 'euclidean', -1, true)));
    return tf.max(tf.abs(tf.sub(x!, y!))).dataSync()[0]!;
  });
}

describe.each(engines)('$name', ({ name, start }) => {
  test.each(['quick_gelu', 'gelu'] as const)(
    'the end token sees nothing behind it, with %s',
    async (kind) => {
      try {
        await start({});
      } catch (error) {
        console.log(`skipped: ${name}: ${(error as Error).message.split('\n')[0]}`);
        return;
      }
      const model = await fixtureModel('tiny-vit.pt', kind);
      const { context_length, vocab_size } = model.config;
      const ends = [1, 5, 8, 2]; // where each text's end token is
      const whole = padded(ends, context_length, vocab_size);
      const expected = model.encodeText(whole); // [4, E]
      for (const length of [9, 12, context_length]) {
        const trimmed = tf.slice(whole, [0, 0], [-1, length]);
        expect(apart(model.encodeText(trimmed), expected)).toBeLessThan(BARS.features);
      }
      // One position too few cuts an end token off: a test that could not see that would see nothing.
      const cut = tf.slice(whole, [0, 0], [-1, 8]);
      expect(apart(model.encodeText(cut), expected)).toBeGreaterThan(1e-3);
      releaseModel(model);
    },
  );
});

test('a row too long is refused', async () => {
  await startEngine('cpu');
  const model = await fixtureModel('tiny-vit.pt');
  const { context_length, vocab_size } = model.config;
  const long = padded([3], context_length + 1, vocab_size);
  expect(() => model.encodeText(long)).toThrow(
    `token ids: expected shape [N,${context_length}], got [1,${context_length + 1}]`,
  );
});
