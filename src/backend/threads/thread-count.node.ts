// How many threads an engine computes with: what was asked for, else OMP_NUM_THREADS, else the processors that this process
// may use, of which a container or an affinity mask may leave it fewer than the machine has.
import { availableParallelism } from 'node:os';
import { ClipError } from '../../errors.ts';
import { processorQuota } from '../../processor-quota.node.ts';

/** More than any machine has; it keeps a slip of the keyboard from starting a million. */
const MOST = 1024;

export interface ThreadCount {
  /** 1 … 1024. */
  readonly count: number;
  /** What it comes from. `processors` are those of the machine or of an affinity mask, `container` is its limit. */
  readonly source: 'asked' | 'OMP_NUM_THREADS' | 'processors' | 'container';
}

/** Throws ClipError where `asked` is no whole number from 1 to 1024. */
export function threadCount(asked?: number): ThreadCount {
  if (asked !== undefined) {
    if (Number.isInteger(asked) && asked >= 1 && asked <= MOST) return { count: asked, source: 'asked' };
    throw new ClipError('no such number of threads', { expected: `1 … ${MOST}`, got: asked });
  }
  const told = fromEnvironment();
  if (told !== undefined) return { count: Math.min(told, MOST), source: 'OMP_NUM_THREADS' };
  const processors = Math.min(availableParallelism(), MOST);
  // Part of a processor is rounded up: a thread that stands still for a part of the time is more than none.
  const quota = Math.ceil(processorQuota());
  return quota < processors
    ? { count: Math.max(1, quota), source: 'container' }
    : { count: processors, source: 'processors' };
}

/** OMP_NUM_THREADS, where it begins with a number above 0: of a list, for nested loops, the first counts. */
function fromEnvironment(): number | undefined {
  const count = Number.parseInt(process.env.OMP_NUM_THREADS ?? '', 10);
  return count > 0 ? count : undefined;
}
