// A training with all that belongs to it on disk: checkpoints every so many steps and when it is told to stop,
// metrics.jsonl as it goes, and its curves at the end.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { checkWritable } from '../disk.node.ts';
import { ClipError } from '../errors.ts';
import { type Curve, curvesFigure } from '../figure/curves-figure.ts';
import { resumeTraining, saveTraining } from '../train/checkpoint.node.ts';
import { Interrupted } from '../train/interrupted.ts';
import { type Batches, type StepReport, type TrainingState, train } from '../train/loop.ts';

export const CHECKPOINT = 'checkpoint.safetensors';
export const METRICS = 'metrics.jsonl';
export const CURVES = 'curves.png';

export interface RunOptions {
  /** The folder of this training. */
  out: string;
  /** Go on from the checkpoint there. */
  resume: boolean;
  /** Steps between checkpoints: what a kill can cost at most. */
  saveEvery: number;
  /** What must be the same when the training is resumed, by name: model, data, seed, batch … */
  about: object;
  /** Aborted: the step is finished, saved, and the run throws Interrupted. */
  signal?: AbortSignal | undefined;
  /** Milliseconds waited for data so far. */
  waited?: () => number;
  onStep?: (report: StepReport) => void | Promise<void>;
  onNote?: (note: string) => void;
}

/** A line of metrics.jsonl: a step, with the seconds since the training began and those waited for data. */
export interface Metric extends StepReport {
  seconds: number;
  waited: number;
}

/**
 * Trains to the schedule's end and returns the seconds it took, those before a resume too. Throws ClipError where the
 * folder already holds a training and it is not to be resumed, or holds none and it is.
 */
export async function runTraining(
  state: TrainingState,
  batches: Batches,
  { out, resume, saveEvery, about, signal, waited = () => 0, onStep, onNote }: RunOptions,
): Promise<number> {
  const checkpoint = join(out, CHECKPOINT);
  const metrics = join(out, METRICS);
  if (resume) checkThere(checkpoint, out);
  await checkWritable(out, 'give another --out');
  if (resume) {
    await resumeTraining(checkpoint, state, about);
    onNote?.(`resumed after step ${state.step} of ${state.options.steps}`);
  } else {
    refuseOther(out);
  }
  // The checkpoint before the metrics: metrics without one are those of a training that has ended. And what cannot be
  // written at the end shows now.
  if (!resume) await saveTraining(checkpoint, state, about);
  const before = (resume ? readMetrics(metrics) : []).filter(({ step }) => step < state.step);
  await writeFileAtomic(metrics, new TextEncoder().encode(before.map(metricLine).join('')));
  const earlier = before.at(-1)?.seconds ?? 0;
  const began = performance.now();
  const seconds = (): number => earlier + (performance.now() - began) / 1000;
  let waitedBefore = 0;
  await train(state, batches, async (report) => {
    const now = waited();
    appendFileSync(
      metrics,
      metricLine({ ...report, seconds: seconds(), waited: (now - waitedBefore) / 1000 }),
    );
    waitedBefore = now;
    await onStep?.(report);
    const isLast = state.step === state.options.steps;
    if (signal?.aborted || state.step % saveEvery === 0 || isLast)
      await saveTraining(checkpoint, state, about);
    if (!isLast) checkStopped(signal, `after step ${state.step} of ${state.options.steps}`, out);
  });
  await writeFileAtomic(join(out, CURVES), drawCurves(readMetrics(metrics)));
  return seconds();
}

/** Throws Interrupted where a training has been told to stop and all is saved. */
export function checkStopped(signal: AbortSignal | undefined, when: string, out: string): void {
  if (!signal?.aborted) return;
  throw new Interrupted(`stopped ${when}`, {
    hint: `saved in ${out}: the same command with --resume goes on`,
  });
}

/** The lines of a metrics.jsonl; a last line that a kill cut short is no line. */
export function readMetrics(path: string): Metric[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Metric);
}

/** Six digits of each number are enough to draw and to compare with; a loss keeps all of its float32. */
function metricLine(metric: Metric): string {
  const rounded = (key: string, value: unknown): unknown =>
    typeof value === 'number' && key !== 'loss' ? Number(value.toPrecision(6)) : value;
  return `${JSON.stringify(metric, rounded)}\n`;
}

/** A folder's training is somebody's work: nothing is written over it. */
function refuseOther(out: string): void {
  const found = [CHECKPOINT, METRICS].find((name) => existsSync(join(out, name)));
  if (found === undefined) return;
  throw new ClipError(`${out} holds a training already`, {
    got: found,
    hint: '--resume goes on with it; to begin anew give another --out, or remove this one',
  });
}

function checkThere(checkpoint: string, out: string): void {
  if (existsSync(checkpoint)) return;
  const hasEnded = existsSync(join(out, METRICS));
  throw new ClipError(`there is nothing to resume in ${out}`, {
    expected: CHECKPOINT,
    got: hasEnded ? 'a training that has ended' : 'no such file',
    hint: hasEnded ? 'its result is there; another one needs another --out' : 'without --resume it begins',
  });
}

/** Points a curve is drawn with at most: each the mean of the steps around it. */
const POINTS = 200;

function drawCurves(metrics: readonly Metric[]): Uint8Array {
  const size = Math.max(1, Math.ceil(metrics.length / POINTS));
  const curve = (name: string, colour: string, value: (metric: Metric) => number): Curve => {
    const points: [number, number][] = [];
    for (let start = 0; start < metrics.length; start += size) {
      const some = metrics.slice(start, start + size);
      const mean = some.reduce((sum, metric) => sum + value(metric), 0) / some.length;
      points.push([some.at(-1)!.step + 1, mean]);
    }
    return { name, colour, points };
  };
  const each = size > 1 ? `mean of ${size} steps` : 'each step';
  return curvesFigure(
    [
      {
        title: 'Contrastive loss, nats',
        curves: [curve(each, '#2f6fb5', ({ loss }) => loss)],
        label: (y) => y.toFixed(2),
      },
      {
        title: 'Own text nearest, in the batch',
        curves: [curve(each, '#d9822b', ({ accuracy }) => accuracy)],
        range: [0, 1],
        label: (y) => `${Math.round(100 * y)}%`,
      },
      {
        title: 'Learning rate',
        curves: [curve('each step', '#6b7785', ({ learningRate }) => learningRate)],
        label: (y) => y.toExponential(1),
      },
    ],
    'step',
  );
}
