// metrics.jsonl of a training: a line a step, and one for each evaluation. scripts/train_cifar.py writes the same.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface StepMetric {
  step: number;
  loss: number;
  /** The share of the batch's pictures whose own text, or one of the same class, was the nearest. */
  accuracy: number;
  /** Of the batch's pictures and ids. */
  batch: string;
  /** From before the batch was made to after the step. */
  seconds: number;
}

export interface Evaluation {
  /** Steps made. */
  step: number;
  /** Of the held-out pictures, 0 … 1. */
  top1: number;
}

export type Metric = StepMetric | Evaluation;

export function readMetrics(path: string): Metric[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line) as Metric);
}

export function addMetric(path: string, metric: Metric): void {
  appendFileSync(path, `${JSON.stringify(metric)}\n`);
}

/** Forgets what was noted after step `step` − 1 was done: a resumed training notes it again. */
export function keepMetricsBefore(path: string, step: number): void {
  const kept = readMetrics(path).filter((metric) => metric.step + ('loss' in metric ? 1 : 0) <= step);
  writeFileSync(path, kept.map((metric) => `${JSON.stringify(metric)}\n`).join(''));
}
