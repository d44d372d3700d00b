// The decoder beside PyTorch's: logits, loss and gradients; what it may not see; the search over what it says.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { beamSearch } from '../../../src/tasks/caption/beam.ts';
import type { CaptionDecoder } from '../../../src/tasks/caption/decoder.ts';
import { decoderStep } from '../../../src/tasks/caption/train-decoder.ts';
import { CLIP_ADAMW } from '../../../src/train/adamw.ts';
import { recorded, relativeError } from '../../support.ts';
import { trainingEngines } from '../../train/support.ts';
import { CONFIG, fiveWords, recordedDecoder, releaseModel } from './support.ts';

const OPTIONS = { ...CLIP_ADAMW, steps: 1, warmup: 0, learningRate: 1e-3, seed: 0, wordDropout: 0 };

describe.each(await trainingEngines())('on %s', (engine) => {
  beforeAll(() => startEngine(engine));

  test("logits, loss and gradients are PyTorch's", async () => {
    const { recording, decoder } = await recordedDecoder();
    const features = (await recorded(recording, 'features')) as tf.Tensor2D;
    const words = (await recorded(recording, 'words')) as tf.Tensor2D;
    expect(relativeError(decoder.call(features, words), await recorded(recording, 'logits'))).toBeLessThan(
      2e-6,
    );

    const vocabulary = fiveWords();
    const captions = [[1, 4, 2], [3]].map((rows) => vocabulary.decode(rows)); // as in the recording
    const { loss, gradients } = decoderStep(decoder, vocabulary, { features, captions }, 0, OPTIONS);
    expect(relativeError(loss, await recorded(recording, 'loss'))).toBeLessThan(2e-6);
    for (const [name, parameter] of decoder.namedParameters()) {
      const gradient = parameter.fromStored(gradients.get(name)!);
      expect(relativeError(gradient, await recorded(recording, `grad.${name}`)), name).toBeLessThan(1e-5);
    }
    releaseModel(decoder);
  });
});

describe('on cpu', () => {
  beforeAll(() => startEngine('cpu'));

  test('a later word changes no earlier logit, and an earlier one changes later ones', async () => {
    const { recording, decoder } = await recordedDecoder();
    const features = (await recorded(recording, 'features')) as tf.Tensor2D;
    const logitsOf = (rows: number[]): Float32Array[] => {
      const logits = decoder.call(features, tf.tensor2d([...rows, ...rows], [2, 4], 'int32'));
      return tf.unstack(tf.unstack(logits)[0]!).map((row) => row.dataSync() as Float32Array);
    };
    const [first, second] = [logitsOf([5, 1, 4, 2]), logitsOf([5, 1, 3, 2])];
    for (const place of [0, 1]) expect(second[place]).toEqual(first[place]);
    for (const place of [2, 3]) expect(second[place]).not.toEqual(first[place]);
    releaseModel(decoder);
  });

  test('a beam of one takes the most probable word each time; one that holds all finds the most probable caption', async () => {
    const { recording, decoder } = await recordedDecoder();
    const features = (await recorded(recording, 'features')) as tf.Tensor2D;
    const greedy = await beamSearch(decoder, features, { beam: 1, lengthPower: 0 });
    const whole = await beamSearch(decoder, features, { beam: 1000, lengthPower: 0 });
    for (const picture of [0, 1]) {
      const own = tf.slice(features, [picture, 0], [1, -1]);
      expect(greedy[picture]!.rows).toEqual(greedyRows(decoder, own));
      const captions = allCaptions();
      const next = logProbabilities(decoder, own, captions);
      const best = captions
        .map((rows, i) => {
          const logProbability = [...rows, 6].reduce((sum, row, place) => sum + next[i]![place]![row]!, 0);
          return { rows, logProbability };
        })
        .reduce((a, b) => (b.logProbability > a.logProbability ? b : a));
      expect(whole[picture]!.rows).toEqual(best.rows);
      expect(whole[picture]!.logProbability).toBeCloseTo(best.logProbability, 4);
      expect(await beamSearch(decoder, own, { beam: 1000, lengthPower: 0 })).toEqual([whole[picture]]); // alone too
    }
    releaseModel(decoder);
  });
});

/** Log-probabilities of every next word after the start and each of `captions`' words, [captions][T][V]. */
function logProbabilities(
  decoder: CaptionDecoder,
  feature: tf.Tensor2D,
  captions: readonly (readonly number[])[],
): number[][][] {
  const length = Math.max(...captions.map((rows) => rows.length)) + 1;
  const padded = captions.map((rows) => [5, ...rows, ...Array(length - 1 - rows.length).fill(6)]);
  return tf.tidy(() => {
    const words = tf.tensor2d(padded, [captions.length, length], 'int32');
    const logits = decoder.call(tf.tile(feature, [captions.length, 1]), words);
    return tf.logSoftmax(logits).arraySync() as number[][][];
  });
}

function greedyRows(decoder: CaptionDecoder, feature: tf.Tensor2D): number[] {
  const rows: number[] = [];
  while (rows.length < CONFIG.context_length - 1) {
    const last = logProbabilities(decoder, feature, [rows])[0]!.at(-1)!;
    last[5] = Number.NEGATIVE_INFINITY; // no caption begins anew
    const next = last.indexOf(Math.max(...last));
    if (next === 6) break;
    rows.push(next);
  }
  return rows;
}

/** Every caption that fits: none to three words. */
function allCaptions(): number[][] {
  const words = [0, 1, 2, 3, 4];
  const longer = (shorter: number[][]) => shorter.flatMap((rows) => words.map((word) => [...rows, word]));
  const [none, one] = [[[]], longer([[]])];
  return [...none, ...one, ...longer(one), ...longer(longer(one))];
}
