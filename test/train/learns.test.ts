// A training that learns: sixteen things of two attributes, from chance to known, on pictures it has not seen.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import type { CLIP } from '../../src/model/clip.ts';
import type { Batch } from '../../src/train/gradients.ts';
import { TrainingState, train } from '../../src/train/loop.ts';
import { OPTIONS, tinyModel } from './support.ts';

const SIDE = 8;
const COLOURS = 4;
const PATTERNS = 4;
const CLASSES = COLOURS * PATTERNS;
const BAR = 0.9;

/** A text of two words: colour and pattern. */
function caption(label: number): number[] {
  return [22, Math.floor(label / PATTERNS), COLOURS + (label % PATTERNS), 23, 0, 0];
}

/** Stripes across, stripes down, a light half or a frame, in one of four colours, under noise: [3, 8, 8]. */
function picture(label: number, bits: () => number): number[] {
  const [colour, pattern] = [Math.floor(label / PATTERNS), label % PATTERNS];
  const lit = (x: number, y: number) => {
    if (pattern === 0) return y % 4 < 2;
    if (pattern === 1) return x % 4 < 2;
    if (pattern === 2) return x < SIDE / 2;
    return Math.min(x, y, SIDE - 1 - x, SIDE - 1 - y) === 0;
  };
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: SIDE * SIDE }, (_, i) => {
      const bright = colour === 3 || colour === channel ? 1 : 0;
      return (lit(i % SIDE, Math.floor(i / SIDE)) ? bright : 0) + 0.3 * normal(bits);
    }),
  );
}

/** Each class once. */
function batchOf(seed: number): Batch {
  const bits = randomBits(seed);
  const labels = Array.from({ length: CLASSES }, (_, label) => label);
  return {
    images: tf.tensor4d(
      labels.flatMap((label) => picture(label, bits)),
      [CLASSES, 3, SIDE, SIDE],
    ),
    tokens: tf.tensor2d(labels.flatMap(caption), [CLASSES, 6], 'int32'),
  };
}

test('two hundred steps take sixteen classes from chance to known', async () => {
  await startEngine('wasm');
  const model = tinyModel();
  const untrained = accuracy(model);
  const state = new TrainingState(model, { ...OPTIONS, steps: 200, learningRate: 2e-3, warmup: 25 });
  const losses: number[] = [];
  await train(state, batchOf, ({ loss }) => void losses.push(loss));
  const trained = accuracy(model);
  console.log(
    `right: ${untrained} → ${trained}; loss ${losses[0]!.toFixed(3)} → ${losses.at(-1)!.toFixed(3)}`,
  );
  expect(untrained).toBeLessThan(4 / CLASSES); // chance is 1 / CLASSES
  expect(losses[0]).toBeGreaterThan(0.9 * Math.log(CLASSES));
  expect(trained).toBeGreaterThan(BAR);
  state.release();
  releaseModel(model);
});

/** Over ten batches that training does not reach: how many pictures find their text. */
function accuracy(model: CLIP): number {
  let right = 0;
  for (let seed = 10_000; seed < 10_010; seed++) {
    const answers = tf.tidy(() => {
      const { images, tokens } = batchOf(seed);
      return tf.argMax(model.call(images, tokens).logits_per_image, 1).dataSync();
    });
    right += [...answers].filter((answer, label) => answer === label).length;
  }
  return right / (10 * CLASSES);
}
