// How the training went, and what is taken for what.
import { COLOURS, SEEN } from '../../src/data/shapes/classes.ts';
import { confusionFigure } from '../../src/figure/confusion-figure.ts';
import { curvesFigure } from '../../src/figure/curves-figure.ts';

/** A line of metrics.jsonl: the mean of some steps, or a validation. */
export interface Metric {
  step: number;
  loss?: number;
  accuracy?: number;
  /** Since the line before. */
  seconds?: number;
  validation?: number;
}

export function drawCurves(metrics: readonly Metric[], batch: number): Uint8Array {
  const points = (key: 'loss' | 'accuracy' | 'validation') =>
    metrics.flatMap((metric) => (metric[key] === undefined ? [] : [[metric.step, metric[key]] as const]));
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  const blue = '#2f6fb5';
  return curvesFigure(
    [
      {
        title: 'Contrastive loss, nats',
        curves: [{ name: `batch of ${batch}`, colour: blue, points: points('loss') }],
        range: [0, 5],
        label: (y) => y.toFixed(0),
      },
      {
        title: 'Own text nearest',
        curves: [
          { name: `of the batch's ${batch}`, colour: '#9db8d6', points: points('accuracy') },
          { name: 'of 100 labels', colour: '#d9822b', points: points('validation') },
        ],
        range: [0, 1],
        label: percent,
      },
    ],
    'step',
  );
}

/** counts[truth][answer] over the 100 labels. */
export function drawConfusion(counts: readonly (readonly number[])[]): Uint8Array {
  return confusionFigure({
    title: 'Shapes-100, test split: 100 labels, ten shapes to a colour',
    counts,
    groups: COLOURS,
    marked: { rows: SEEN.map((seen) => !seen), meaning: 'combinations never trained on' },
  });
}
