// The workers' side of a crew: takes jobs one after another and reports each.
import { parentPort, workerData } from 'node:worker_threads';
import type { Jobs, Outcome, Report } from './crew.node.ts';

/** Works for the crew that started this thread. */
export function takeJobs<Job, Result, Settings>(
  work: (job: Job, settings: Settings) => Promise<Outcome<Result>>,
): void {
  const { id, settings } = workerData as { id: number; settings: Settings };
  let before: Promise<void> = Promise.resolve();
  parentPort!.on('message', ({ list, jobs, taken }: Jobs<Job>) => {
    before = before.then(async () => {
      for (;;) {
        const at = Atomics.add(taken, 0, 1);
        if (at >= jobs.length) return;
        Atomics.store(taken, 1 + at, id);
        const outcome = await work(jobs[at]!, settings);
        parentPort!.postMessage({ list, at, outcome } satisfies Report<Result>);
      }
    });
  });
}
