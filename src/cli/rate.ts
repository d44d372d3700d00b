// How fast bytes or other things come, over the last seconds: fresh enough to show a stall, long enough not to jump.

const WINDOW = 5000; // ms
const APART = 100; // ms between two samples

/** What is counted. */
export type Unit = 'bytes' | 'items';

export class Rate {
  readonly #now: () => number;
  #samples: { time: number; done: number }[] = [];
  #done = 0;
  #total = 0;

  /** `now` in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** So many of so many are here. The first call says how many there were before. */
  add(done: number, total: number): void {
    const time = this.#now();
    const last = this.#samples.at(-1);
    [this.#done, this.#total] = [done, total];
    if (!last || time - last.time >= APART) this.#samples.push({ time, done });
    while (this.#samples.length > 2 && this.#samples[1]!.time <= time - WINDOW) this.#samples.shift();
  }

  /** So many a second until now; 0 where there is nothing to tell it from. */
  perSecond(): number {
    const first = this.#samples[0];
    const seconds = first ? (this.#now() - first.time) / 1000 : 0;
    return seconds > 0 ? (this.#done - first!.done) / seconds : 0;
  }

  /** Such as `12.3 MB/s · 1m20s left` or `45.6/s · 2s left`; without the time where nothing comes. */
  toString(unit: Unit = 'bytes'): string {
    const rate = this.perSecond();
    const speed =
      unit === 'bytes' ? `${(rate / 1e6).toFixed(1)} MB/s` : `${rate.toFixed(rate < 100 ? 1 : 0)}/s`;
    if (rate === 0) return speed;
    const seconds = Math.ceil((this.#total - this.#done) / rate);
    return `${speed} · ${timeText(seconds)} left`;
  }
}

function timeText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
