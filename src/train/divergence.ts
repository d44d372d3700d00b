// Whether a training runs away: finite numbers that get worse and worse, as a far too high learning rate makes them.
import { ClipError } from '../errors.ts';

/** Steps whose losses are averaged: one batch's says little. */
const WINDOW = 20;
/** How far the mean may rise above what it was at the start, in nats. */
const RISE = 0.5;

/** Watches the losses of a training. `first` and `last` are its memory, which goes into its checkpoints. */
export class Divergence {
  first: number[] = [];
  last: number[] = [];

  /** Call it once a step. Throws ClipError when the last 20 losses are, on average, far above the first 20. */
  see(loss: number, step: number, learningRate: number): void {
    if (this.first.length < WINDOW) {
      this.first.push(loss);
      return;
    }
    this.last = [...this.last, loss].slice(-WINDOW);
    if (this.last.length < WINDOW) return;
    const [before, now] = [mean(this.first), mean(this.last)];
    if (now <= before + RISE) return;
    throw new ClipError(`the training diverges at step ${step}`, {
      expected: `a loss no higher than at the start, ${before.toFixed(2)} on average`,
      got: `${now.toFixed(2)}, at a learning rate of ${learningRate.toPrecision(2)}`,
      hint: 'try a tenth of the learning rate, or a longer warm-up',
    });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
