// A training on the terminal: one line that is written over; elsewhere a line every tenth of the way.
import type { StepReport } from '../train/loop.ts';
import type { Progress } from '../train/progress.ts';

export interface TrainingLine {
  step(report: StepReport): void;
  /** Something to be said in between, on a line of its own. */
  note(line: string): void;
  stop(): void;
}

export async function trainingLine(steps: number): Promise<TrainingLine> {
  const { Progress } = await import('../train/progress.ts');
  const { isTTY } = process.stderr;
  let progress: Progress | undefined;
  let isOpen = false;
  const close = (): void => {
    if (isOpen) process.stderr.write('\n');
    isOpen = false;
  };
  return {
    step(report) {
      if (!progress) {
        progress = new Progress(steps, performance.now()); // how long the first step took is not known
        return;
      }
      progress.pass(performance.now());
      const done = report.step + 1;
      if (isTTY) {
        process.stderr.write(`\r${progress.line(report, process.memoryUsage.rss())}\u001b[K`);
        isOpen = true;
      } else if (done === steps || Math.floor((10 * done) / steps) > Math.floor((10 * report.step) / steps)) {
        process.stderr.write(`${progress.line(report, process.memoryUsage.rss())}\n`);
      }
    },
    note(line) {
      close();
      process.stderr.write(`${line}\n`);
    },
    stop: close,
  };
}
