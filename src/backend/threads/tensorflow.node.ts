// How many threads TensorFlow's C library computes with. It reads that from its environment, once, when its first operation
// runs; left alone it takes one for every processor of the affinity mask, whatever a container allows.
import type { EngineName } from '../engine.ts';
import { threadCount } from './thread-count.node.ts';

/** For one operation's parts, and for operations side by side. Whoever has set one of them keeps it. */
const VARIABLES = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'];

let given: number | undefined;

/** To be called before the library is loaded; from then on its threads stay as they are, and another wish is noted. */
export function limitTensorFlow(
  engine: EngineName,
  asked: number | undefined,
  onNote: (note: string) => void = () => {},
): void {
  if (given !== undefined) {
    if (asked !== undefined && asked !== given) {
      onNote(`${engine} keeps its ${given} threads: TensorFlow asks once in a process`);
    }
    return;
  }
  given = threadCount(asked).count;
  for (const name of VARIABLES) {
    if (asked !== undefined) process.env[name] = String(given);
    else process.env[name] ??= String(given);
  }
}
