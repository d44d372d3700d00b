// Runs a training for the command line: its progress on the terminal, stopping it, and what came of it.
import type { FinetuneOptions, FinetuneReport } from '../finetune/finetune.node.ts';
import type { LearningSets } from '../finetune/learning-sets.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { namesOf, printScores } from './sets.ts';
import { note, printJson, printLine, progressBars } from './terminal.ts';
import { trainingLine } from './training-progress.ts';

/** Trains the model, and prints before, after, and where the result is. */
export async function runTraining(
  sets: LearningSets,
  loaded: LoadedModel,
  training: FinetuneOptions,
  json: boolean,
): Promise<void> {
  const { finetune } = await import('../finetune/finetune.node.ts');
  const bars = progressBars();
  const line = await trainingLine(training.steps);
  const report = await stoppable((signal) =>
    finetune(loaded, sets, {
      ...training,
      signal,
      onProgress: (what, done, total) => {
        line.stop();
        bars.update(what, done, total);
      },
      onStep: (step) => {
        bars.stop();
        line.step(step);
      },
      onNote: line.note,
    }),
  ).finally(() => {
    bars.stop();
    line.stop();
  });
  if (!report) return;
  const { name, backend } = loaded;
  if (json) printJson({ ...report, model: name, backend, data: namesOf(sets) });
  else printReport(sets, report);
}

function printReport(
  sets: LearningSets,
  { before, after, measure, seconds, file, bytes, steps, broken, cut }: FinetuneReport,
): void {
  printScores(sets, before, after);
  if (measure === 'recall1') note('target: the share of pictures whose own caption is the nearest of all');
  printLine(`\n${steps} steps in ${seconds.toFixed(1)} s; ${file}, ${(bytes / 1e6).toFixed(2)} MB`);
  if (broken > 0) printLine(`${broken} pictures could not be read and were passed over`);
  if (cut > 0) printLine(`${cut} captions were cut to the context length`);
  if (after.target < before.target) {
    note('it got worse: try a tenth of the learning rate, fewer epochs, or another --method');
  }
}

/** Runs `work` with a signal that Ctrl-C and SIGTERM give: the step is finished and saved. A second one ends at once. */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const { Interrupted } = await import('../train/interrupted.ts');
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    note('\nstopping after this step; once more to stop at once');
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    note(`clip-tfjs: ${error.message}`);
    process.exitCode = INTERRUPTED;
    return undefined;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** What shells give for Ctrl-C. */
const INTERRUPTED = 130;
