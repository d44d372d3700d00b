// Two trainings of the same recipe, ours and PyTorch's, one over the other; prints what docs/cifar.md says of them.
//
//   npx tsx scripts/cifar/figure.ts weights/cifar-training docs/figures/cifar.png
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Curve, curvesFigure } from '../../src/figure/curves-figure.ts';
import { type Evaluation, readMetrics, type StepMetric } from './metrics.ts';

/** Steps whose losses are one point: half an epoch. */
const MEAN_OF = 40;
const FIRST = 100;

interface Run {
  name: string;
  colour: string;
  steps: StepMetric[];
  evaluations: Evaluation[];
}

function openRun(name: string, colour: string, path: string): Run {
  const metrics = readMetrics(path);
  return {
    name,
    colour,
    steps: metrics.filter((metric): metric is StepMetric => 'loss' in metric),
    evaluations: metrics.filter((metric): metric is Evaluation => 'top1' in metric),
  };
}

function curve({ name, colour }: Run, points: Curve['points']): Curve {
  return { name, colour, points };
}

function smoothed({ steps }: Run): [number, number][] {
  const starts = Array.from({ length: Math.floor(steps.length / MEAN_OF) }, (_, i) => i * MEAN_OF);
  return starts.map((start) => {
    const losses = steps.slice(start, start + MEAN_OF).map(({ loss }) => loss);
    return [start + MEAN_OF / 2, losses.reduce((sum, loss) => sum + loss, 0) / MEAN_OF];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const [folder, out] = process.argv.slice(2);
if (!folder || !out) throw new Error('expected the folder of a training, and where the figure goes');
const runs = [
  openRun('PyTorch', '#e8a15c', join(folder, 'metrics-pytorch.jsonl')),
  openRun('clip-tfjs', '#2f6fb5', join(folder, 'metrics.jsonl')),
];
const [theirs, ours] = runs as [Run, Run];
const count = Math.min(ours.steps.length, theirs.steps.length);
const apart = Array.from({ length: count }, (_, i) => Math.abs(ours.steps[i]!.loss - theirs.steps[i]!.loss));
const other = ours.steps.slice(0, count).findIndex(({ batch }, i) => batch !== theirs.steps[i]!.batch);
if (other >= 0) throw new Error(`the batch of step ${other} was not the same in both`);

const tens = (y: number): string => (y > -1 ? String(10 ** Math.round(y)) : `1e${Math.round(y)}`);
const figure = curvesFigure(
  [
    {
      title: `Contrastive loss, mean of ${MEAN_OF} steps`,
      curves: runs.map((run) => curve(run, smoothed(run))),
      range: [0, 5],
      label: (y) => y.toFixed(0),
    },
    {
      title: 'Top-1 of 100 labels, held-out pictures',
      curves: runs.map((run) => curve(run, [[0, 0.01], ...run.evaluations.map(point)])),
      range: [0, 0.25],
      label: (y) => `${Math.round(100 * y)}%`,
    },
    {
      title: 'How far apart the losses of a step are',
      curves: [{ name: '', colour: '#8a94a3', points: apart.map((gap, i) => [i, Math.log10(gap + 1e-8)]) }],
      range: [-8, 2],
      label: tens,
    },
  ],
  'step',
);
writeFileSync(out, figure);

function point({ step, top1 }: Evaluation): [number, number] {
  return [step, top1];
}

console.log(`${count} steps, every batch the same; |Δ loss| of the first ${FIRST} at most`);
console.log(Math.max(...apart.slice(0, FIRST)).toExponential(1));
for (const step of [1, 10, 100, 300, 1000, count]) {
  if (step > count) break;
  console.log(`|Δ loss| up to step ${step}: ${Math.max(...apart.slice(0, step)).toExponential(1)}`);
}
for (const run of runs) {
  const seconds = run.steps.map((step) => step.seconds);
  const losses = run.steps.slice(-100).map(({ loss }) => loss);
  console.log(
    `${run.name}: top-1 ${run.evaluations.map(({ top1 }) => (100 * top1).toFixed(1)).join(' ')}, ` +
      `last 100 losses ${(losses.reduce((a, b) => a + b, 0) / losses.length).toFixed(4)}, ` +
      `${Math.round(seconds.reduce((a, b) => a + b, 0))} s in all, median step ${median(seconds).toFixed(3)} s`,
  );
}
