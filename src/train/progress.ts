// How a training goes, as one line: where it is, how well, how fast, how long still.
import type { StepReport } from './loop.ts';

/** Keeps the time, and turns a step's report into a line. Times are in milliseconds, as performance.now gives them. */
export class Progress {
  readonly #steps: number;
  #last: number;
  /** Of a step: a running mean, so that one slow step moves it little. */
  #milliseconds: number | undefined;

  constructor(steps: number, now: number) {
    this.#steps = steps;
    this.#last = now;
  }

  /** Call it once a step. */
  pass(now: number): void {
    const taken = now - this.#last;
    this.#last = now;
    this.#milliseconds = this.#milliseconds === undefined ? taken : 0.95 * this.#milliseconds + 0.05 * taken;
  }

  pairsPerSecond({ pairs }: StepReport): number {
    return (1000 * pairs) / this.#milliseconds!;
  }

  /** `memory` is the process's, in bytes; a browser has none to tell. */
  line(report: StepReport, memory?: number): string {
    const { step, loss, accuracy, learningRate } = report;
    const seconds = ((this.#steps - step - 1) * this.#milliseconds!) / 1000;
    const parts = [
      `step ${step + 1}/${this.#steps}`,
      `loss ${loss.toFixed(4)}`,
      `batch ${(100 * accuracy).toFixed(1)}%`,
      `rate ${learningRate.toExponential(2)}`,
      `${this.pairsPerSecond(report).toFixed(0)} pairs/s`,
      `${duration(seconds)} left`,
      ...(memory === undefined ? [] : [`${(memory / 1e9).toFixed(2)} GB`]),
    ];
    return parts.join('  ');
  }
}

/** `2 h 05 min`, `3 min 20 s`, `12 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(whole % 60)} s` : `${whole} s`;
}
