// A worker for the tests of the crew: jobs are texts that say what to do.
import { takeJobs } from '../../../src/data/pool/take-jobs.node.ts';

takeJobs<string, string, { done: Int32Array }>(async (job, { done }) => {
  if (job === 'exit') process.exit(3);
  if (job === 'throw') throw new Error('thrown\nby a job');
  if (job === 'memory')
    for (const held: number[][] = []; ; ) held.push(Array.from({ length: 1e6 }, Math.random));
  if (job === 'forever') await new Promise(() => setInterval(() => {}, 1000));
  Atomics.add(done, 0, 1);
  Atomics.notify(done, 0);
  return job === 'refuse' ? { reason: 'refused' } : { value: job.toUpperCase() };
});
