// How many threads an engine computes with: what was asked for, else OMP_NUM_THREADS, else the processors that this process
// may use, which a container's limit may make fewer than the machine has.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A whole number, 1 or more. */
export function threadCount(asked?: number): number {
  return asked ?? fromEnvironment() ?? Math.max(1, Math.min(availableParallelism(), containerLimit()));
}

/** OMP_NUM_THREADS, where it is a number; of a list the first, as OpenMP takes it. */
function fromEnvironment(): number | undefined {
  const count = Number.parseInt(process.env.OMP_NUM_THREADS ?? '', 10);
  return count > 0 ? count : undefined;
}

function containerLimit(): number {
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').split(' ');
    return Math.ceil(Number(quota) / Number(period)) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
