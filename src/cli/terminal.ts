// What a command says: results on stdout, everything else on stderr.
import { SingleBar } from 'cli-progress';
import { CommanderError } from 'commander';
import { oneLine } from '../errors.ts';
import { Rate, type Unit } from './rate.ts';

/** A wrong command line: exit status 2. */
export class UsageError extends Error {}

export function printLine(line: string = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** A share, 0 … 1, as people read it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

/** Something the user should know that is not the result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

export interface Progress {
  /** `done` of `total`, in whatever unit the bar was made with. */
  update(done: number, total: number): void;
  stop(): void;
}

/** A bar on stderr, where that is a terminal; it appears at the first update. With a unit it shows how fast they come. */
export function progressBar(what: string, unit?: Unit): Progress {
  const format = `${what} {bar} {percentage}% · ${unit ? '{speed}' : '{eta_formatted} left'}`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  let rate = new Rate();
  const speed = {
    get speed() {
      return rate.toString(unit); // at every drawing, not at every update, so that a stall shows
    },
  };
  return {
    update(done, total) {
      if (!process.stderr.isTTY) return;
      if (!bar.isActive) rate = new Rate();
      rate.add(done, total);
      if (!bar.isActive) bar.start(total, 0, speed);
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

export interface ProgressOfSeveral {
  /** `done` of `total` of what is being done; another `what` is another bar. */
  update(what: string, done: number, total: number): void;
  stop(): void;
}

/** Bars one after another, for work that goes through several. */
export function progressBars(): ProgressOfSeveral {
  let shown: { what: string; bar: Progress } | undefined;
  return {
    update(what, done, total) {
      if (shown?.what !== what) {
        shown?.bar.stop();
        shown = { what, bar: progressBar(what) };
      }
      shown.bar.update(done, total);
    },
    stop: () => shown?.bar.stop(),
  };
}

/** Says what went wrong in one line and gives the exit status: 1 failed, 2 wrong usage. */
export function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  note(`clip-tfjs: ${oneLine(message)}`);
  if (verbose && stack) note(stack);
  return error instanceof UsageError ? 2 : 1;
}
