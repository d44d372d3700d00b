// Several labels at once: the measures by hand, the fit against its own equations, and better than a softmax on Shapes-100.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelledSet } from '../../../src/data/sets/labelled.ts';
import { subset } from '../../../src/data/sets/order.ts';
import { COLOURS, SHAPES } from '../../../src/data/shapes/classes.ts';
import { shapesTrain, shapesValidation } from '../../../src/data/shapes/shapes.ts';
import { calibratedHead, fitLogistic } from '../../../src/tasks/labels/calibrate.ts';
import {
  calibrateHead,
  knownLabels,
  measureCalibration,
} from '../../../src/tasks/labels/calibrate-set.node.ts';
import {
  cosineScores,
  independentScores,
  labelScores,
  logistic,
  negationScores,
} from '../../../src/tasks/labels/multi-label.ts';
import { averagePrecision, isSaid, multiLabelQuality } from '../../../src/tasks/labels/quality.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';
import { zeroShotHead } from '../../../src/tasks/zero-shot.ts';

describe('measures', () => {
  test('precision, recall and F1 over all pairs', () => {
    const scores = [
      [0.9, 0.6, 0.1],
      [0.2, 0.8, 0.4],
    ];
    const truths = [
      [true, false, true],
      [false, true, false],
    ];
    const { precision, recall, f1 } = multiLabelQuality(scores, truths, 0.5);
    expect([precision, recall, f1]).toEqual([2 / 3, 2 / 3, 2 / 3]);
  });

  test('average precision; equal scores count at once, in whatever order', () => {
    expect(averagePrecision([0.9, 0.8, 0.7], [true, false, true])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([0.5, 0.5], [true, false])).toBe(0.5);
    expect(averagePrecision([0.5, 0.5], [false, true])).toBe(0.5);
  });

  test('a label is said where its words stand in a row', () => {
    expect(isSaid('red', ['Red star'])).toBe(true);
    expect(isSaid('star', ['a starry night'])).toBe(false);
    expect(isSaid('red star', ['a star in red'])).toBe(false);
    expect(isSaid('sweet_pepper', ['a sweet pepper'])).toBe(true);
  });
});

describe('the fit', () => {
  test('its residuals vanish, alone and against the cosine: the maximum of the likelihood', () => {
    const cosines = Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7));
    const truths = cosines.map((x, i) => x + 0.6 * Math.sin(i * 5.1) > 0.2);
    const { slope, offset } = fitLogistic(cosines, truths);
    const positive = truths.filter(Boolean).length;
    const targets = truths.map((truth) =>
      truth ? (positive + 1) / (positive + 2) : 1 / (60 - positive + 2),
    );
    const errors = cosines.map((x, i) => logistic(slope * x + offset) - targets[i]!);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0))).toBeLessThan(1e-3);
    expect(Math.abs(errors.reduce((sum, error, i) => sum + error * cosines[i]!, 0))).toBeLessThan(1e-3);
    expect(slope).toBeGreaterThan(0);
  });

  test('is finite where a cosine divides perfectly', () => {
    const { slope, offset } = fitLogistic([0.1, 0.2, 0.7, 0.8], [false, false, true, true]);
    expect(Number.isFinite(slope)).toBe(true);
    expect(logistic(slope * 0.1 + offset)).toBeLessThan(0.5);
    expect(logistic(slope * 0.8 + offset)).toBeGreaterThan(0.5);
  });

  test('a label that is true of none cannot be fitted', () => {
    expect(() => calibratedHead(['dog'], Float32Array.of(1, 0), [[0.1]], [[false]])).toThrow(
      /the label "dog" cannot be calibrated: expected pictures of which it is true/,
    );
  });
});

describe('on Shapes-100', () => {
  let mini: LoadedModel;
  beforeAll(async () => {
    mini = await load('mini', { backend: 'wasm', threads: 1 });
  });
  afterAll(() => mini.release());

  test('colour and shape are both found where a softmax finds one; each label is scored for itself', async () => {
    const labels = [...COLOURS, ...SHAPES];
    const first = (
      pictures: ReturnType<typeof shapesTrain> | ReturnType<typeof shapesValidation>,
      count: number,
    ) =>
      subset(
        labelledSet('some', pictures),
        Array.from({ length: count }, (_, i) => i),
        'some',
      );
    const texts = await zeroShotHead(mini, labels);
    const head = await calibrateHead(texts, await knownLabels(mini, first(shapesTrain(), 255), labels));
    const { calibrated, softmax, everything } = await measureCalibration(
      head,
      texts,
      await knownLabels(mini, first(shapesValidation(), 85), labels),
    );
    expect(everything.precision).toBeCloseTo(0.1, 12);
    expect(calibrated.f1).toBeGreaterThan(softmax.f1 + 0.1); // 0.94 and 0.72 over whole splits
    expect(calibrated.meanAveragePrecision).toBeGreaterThan(0.9);

    const pictures = [0, 1, 2].map((i) => shapesValidation().image(i));
    const [cosines, probabilities] = [
      await cosineScores(mini, pictures, texts),
      await independentScores(mini, pictures, head),
    ];
    cosines.forEach((row, n) => {
      row.forEach((cosine, c) => {
        const slope = Math.hypot(...head.weight.subarray(c * 128, (c + 1) * 128));
        expect(probabilities[n]![c]!).toBeCloseTo(logistic(slope * cosine + head.bias[c]!), 4);
      });
    });
    const denied = await negationScores(mini, pictures, ['red', 'blue']);
    const alone = await negationScores(mini, pictures, ['red']);
    expect(alone[1]![0]!).toBeCloseTo(denied[1]![0]!, 5); // owes nothing to the other label
    texts.features.dispose();
  });

  test('scores come best first, with what is over the threshold', () => {
    expect(labelScores(['a', 'b', 'c'], [0.2, 0.7, 0.5], 0.5)).toEqual([
      { label: 'b', score: 0.7, isOver: true },
      { label: 'c', score: 0.5, isOver: true },
      { label: 'a', score: 0.2, isOver: false },
    ]);
  });
});
