// Two trainings of the same recipe, ours and PyTorch's, one over the other; prints what docs/cifar.md says of them.
//
//   npx tsx scripts/cifar/figure.ts weights/cifar-training docs/figures/cifar.png
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Curve, curvesFigure } from '../../src/figure/curves-figure.ts';
import { type Evaluation, readMetrics, type StepMetric } from './metrics.ts';

/** Steps that are one point: half an epoch. */
const TOGETHER = 40;

interface Run {
  name: string;
  colour: string;
  width: number;
  steps: StepMetric[];
  evaluations: Evaluation[];
}

function openRun({ path, ...look }: Pick<Run, 'name' | 'colour' | 'width'> & { path: string }): Run {
  const metrics = readMetrics(path);
  return {
    ...look,
    steps: metrics.filter((metric): metric is StepMetric => 'loss' in metric),
    evaluations: metrics.filter((metric): metric is Evaluation => 'top1' in metric),
  };
}

function curve({ name, colour, width }: Run, points: Curve['points']): Curve {
  return { name, colour, width, points };
}

/** A point for every so many values, at their middle. */
function everySoMany(
  values: readonly number[],
  ofSome: (some: readonly number[]) => number,
): [number, number][] {
  const starts = Array.from({ length: Math.floor(values.length / TOGETHER) }, (_, i) => i * TOGETHER);
  return starts.map((start) => [start + TOGETHER / 2, ofSome(values.slice(start, start + TOGETHER))]);
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const [folder, out] = process.argv.slice(2);
if (!folder || !out) throw new Error('expected the folder of a training, and where the figure goes');
const runs = [
  openRun({ name: 'PyTorch', colour: '#f0b97d', width: 6, path: join(folder, 'metrics-pytorch.jsonl') }),
  openRun({ name: 'clip-tfjs', colour: '#2f6fb5', width: 1.8, path: join(folder, 'metrics.jsonl') }),
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
      title: 'Contrastive loss, nats',
      curves: runs.map((run) => curve(run, everySoMany(lossesOf(run), mean))),
      range: [0, 5],
      label: (y) => y.toFixed(0),
    },
    {
      title: 'Held-out pictures, top-1',
      curves: runs.map((run) => curve(run, [[0, 0.01], ...run.evaluations.map(point)])),
      range: [0, 0.35],
      label: (y) => `${Math.round(100 * y)}%`,
    },
    {
      title: 'Losses of a step, apart by',
      curves: [
        {
          name: `most of ${TOGETHER} steps`,
          colour: '#6b7686',
          points: everySoMany(apart, (some) => Math.log10(Math.max(...some, 1e-8))),
        },
      ],
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

function lossesOf({ steps }: Run): number[] {
  return steps.map(({ loss }) => loss);
}

console.log(`${count} steps, every batch the same`);
for (const step of [1, 10, 100, 300, 1000, count].filter((step) => step <= count)) {
  console.log(`|Δ loss| up to step ${step}: ${Math.max(...apart.slice(0, step)).toExponential(1)}`);
}
for (const run of runs) {
  const seconds = run.steps.map((step) => step.seconds);
  console.log(
    `${run.name}: top-1 ${run.evaluations.map(({ top1 }) => (100 * top1).toFixed(1)).join(' ')}, ` +
      `last 100 losses ${mean(lossesOf(run).slice(-100)).toFixed(4)}, ` +
      `${Math.round(seconds.reduce((a, b) => a + b, 0))} s in all, median step ${median(seconds).toFixed(3)} s`,
  );
}
