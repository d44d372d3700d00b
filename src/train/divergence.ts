// Whether a training runs away: finite numbers that get worse and worse, as a far too high learning rate makes them.
import { ClipError } from '../errors.ts';

/** Steps whose losses are averaged: one batch's says little. */
const WINDOW = 20;
const HINT = 'try a tenth of the learning rate, or a longer warm-up';
/** How far the mean may rise above what it was at the start, in nats. */
const RISE = 0.5;

/** Losses that are this near to chance, all of them, are those of a model that says the same of everything. */
const CHANCE = 1e-3;

/** Watches the losses of a training. `first` and `last` are its memory, which goes into its checkpoints. */
export class Divergence {
  first: number[] = [];
  last: number[] = [];

  /** How many losses in a row were chance. */
  flat: number = 0;

  /**
   * Call it once a step. Throws ClipError when the last 20 losses are, on average, far above the first 20, or all chance:
   * ln `choices`, which a model gives that has collapsed: in a contrastive training of so many pairs, for one. Without
   * `choices` that is not looked for.
   */
  see(loss: number, step: number, learningRate: number, choices?: number): void {
    const isChance = choices !== undefined && Math.abs(loss - Math.log(choices)) < CHANCE;
    this.flat = isChance ? this.flat + 1 : 0;
    if (this.flat >= WINDOW) {
      throw new ClipError(`the model has collapsed at step ${step}`, {
        expected: `losses other than chance, ln ${choices}`,
        got: `nothing else for ${WINDOW} steps, at a learning rate of ${learningRate.toPrecision(2)}`,
        hint: HINT,
      });
    }
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
      hint: HINT,
    });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
