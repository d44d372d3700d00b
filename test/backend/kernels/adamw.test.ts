// AdamW as the engines do it at once against the definition in src/train/adamw.ts, on the plain engine.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { Parameter } from '../../../src/model/module.ts';
import { AdamW, CLIP_ADAMW } from '../../../src/train/adamw.ts';
import { numbers } from './definition.ts';

const hasNative = await startEngine('native').catch(() =>
  console.log('skipped: AdamW on the engine native, which is not set up (clip-tfjs setup native)'),
);

test.each(['native', 'wasm'])(
  '%s steps as the definition does, and changes nobody else’s tensors',
  async (fast) => {
    if (fast === 'native' && !hasNative) return;
    const results: number[][] = [];
    for (const engine of ['cpu', fast]) {
      await startEngine(engine);
      const parameters = new Map([
        ['matrix', new Parameter([37, 5], { order: [1, 0] })],
        ['gain', new Parameter([7])],
        ['logit_scale', new Parameter([])],
      ]);
      for (const [name, parameter] of parameters)
        parameter.assign(numbers([...parameter.shape], name.length));
      const first = parameters.get('gain')!.read(); // shares the parameter's memory
      const firstNumbers = [...first.dataSync()];
      const optimizer = new AdamW(parameters, { beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2 });
      const tensors = tf.memory().numTensors;
      for (let step = 0; step < 6; step++) {
        tf.tidy(() => {
          const gradients = new Map(
            [...parameters].map(([name, { storedShape }]) => [name, numbers(storedShape, step)]),
          );
          optimizer.step(gradients, 0.01);
          for (const [name, gradient] of gradients) {
            expect([...gradient.dataSync()], name).toEqual([...numbers(gradient.shape, step).dataSync()]);
          }
        });
      }
      expect(tf.memory().numTensors).toBe(tensors);
      expect([...first.dataSync()]).toEqual(firstNumbers);
      const slots = [...optimizer.slots.values()].flatMap(({ mean, square }) => [mean, square]);
      results.push(
        [...parameters.values(), ...slots].flatMap((parameter) => [...parameter.value.dataSync()]),
      );
    }
    const [expected, found] = results as [number[], number[]];
    expect(expected.length).toBe(3 * (37 * 5 + 7 + 1));
    const errors = expected.map((value, i) => Math.abs(value - found[i]!));
    expect(Math.max(...errors)).toBeLessThan(1e-6);
    expect(Math.max(...errors)).toBeGreaterThan(0); // two ways were taken
  },
);

test('a convolution on wasm has the filter of after the step', async () => {
  const results: number[][] = [];
  for (const engine of ['cpu', 'wasm']) {
    await startEngine(engine);
    const filter = new Parameter([4, 3, 2, 2], { order: [2, 3, 1, 0] });
    filter.assign(numbers([4, 3, 2, 2], 1));
    const optimizer = new AdamW(new Map([['filter', filter]]), CLIP_ADAMW);
    const convolved = (): number[] => {
      const x = numbers([1, 5, 5, 3], 2) as tf.Tensor4D;
      return [...tf.conv2d(x, filter.value as unknown as tf.Tensor4D, 1, 'valid').dataSync()];
    };
    tf.tidy(convolved);
    tf.tidy(() => optimizer.step(new Map([['filter', numbers([2, 2, 3, 4], 3)]]), 0.1));
    results.push(tf.tidy(convolved));
  }
  const [expected, found] = results as [number[], number[]];
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
});
