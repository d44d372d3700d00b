import { expect, test } from 'vitest';
import { choosePseudoLabels, mostOfAClass } from '../../src/finetune/pseudo-labels.ts';

/** Probabilities of three classes for seven pictures. */
const ROWS = Float32Array.of(
  ...[0.75, 0.125, 0.125],
  ...[0.5, 0.25, 0.25],
  ...[0.875, 0.125, 0],
  ...[0.125, 0.625, 0.25],
  ...[0.75, 0.25, 0],
  ...[0.25, 0.5, 0.25],
  ...[0.375, 0.3125, 0.3125],
);

test('the surest of each class first, equal ones in order, none twice', () => {
  const { chosen, without } = choosePseudoLabels(ROWS, 3, { threshold: 0, most: 10 });
  expect(chosen.map(({ index }) => index)).toEqual([2, 0, 4, 1, 6, 3, 5]);
  expect(chosen.map(({ label }) => label)).toEqual([0, 0, 0, 0, 0, 1, 1]);
  expect(chosen[0]).toEqual({ index: 2, label: 0, confidence: 0.875 });
  expect(without).toEqual([2]);
});

test('no class gives more than its share, and none what it is not sure of', () => {
  const most = choosePseudoLabels(ROWS, 3, { threshold: 0, most: 2 });
  expect(most.chosen.map(({ index }) => index)).toEqual([2, 0, 3, 5]);
  const sure = choosePseudoLabels(ROWS, 3, { threshold: 0.625, most: 2 });
  expect(sure.chosen.map(({ index }) => index)).toEqual([2, 0, 3]);
  const surest = choosePseudoLabels(ROWS, 3, { threshold: 0.7, most: 2 });
  expect(surest).toMatchObject({ chosen: [{ index: 2 }, { index: 0 }], without: [1, 2] });
  expect(choosePseudoLabels(new Float32Array(0), 3, { threshold: 0, most: 2 })).toEqual({
    chosen: [],
    without: [0, 1, 2],
  });
});

test('a class that is no number chooses nothing', () => {
  const { chosen } = choosePseudoLabels(new Float32Array(6).fill(NaN), 3, { threshold: 0, most: 2 });
  expect(chosen).toEqual([]);
});

test('a quarter of an even share', () => {
  expect(mostOfAClass(1000, 5)).toBe(50);
  expect(mostOfAClass(10, 100)).toBe(1);
});
