import { expect, test } from 'vitest';
import { learningRateAt } from '../../src/train/schedule.ts';

const schedule = { steps: 110, learningRate: 0.5, warmup: 10 };

test('rises in equal steps to the highest rate, then falls along half a cosine', () => {
  expect(learningRateAt(0, schedule)).toBeCloseTo(0.05, 12);
  expect(learningRateAt(9, schedule)).toBeCloseTo(0.5, 12);
  expect(learningRateAt(10, schedule)).toBeCloseTo(0.5, 12);
  expect(learningRateAt(60, schedule)).toBeCloseTo(0.25, 12);
  expect(learningRateAt(109, schedule)).toBeCloseTo(0.25 * (1 + Math.cos(0.99 * Math.PI)), 12);
});

test('starts at the highest rate without a warm-up', () => {
  expect(learningRateAt(0, { ...schedule, warmup: 0 })).toBe(0.5);
});
