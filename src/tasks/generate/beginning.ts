// Where a run begins: an outline seldom changes its kind on the way, so many random ones are tried, and the better half
// again and again gets more steps (successive halving: Jamieson & Talwalkar 2016). Noise is all alike and is not tried.
import * as tf from '@tensorflow/tfjs-core';
import type { Bits } from '../../data/random.ts';
import type { Canvas, Way } from './canvas.ts';
import { Climb } from './climb.ts';
import type { Objective } from './objective.ts';

/** Rounds: how many beginnings go on, and how far each of them has then come, as a share of the run's steps. */
const ROUNDS: Readonly<Record<Way, readonly (readonly [count: number, share: number])[]>> = {
  shapes: [
    [64, 0],
    [6, 0.1],
    [2, 0.2],
  ],
  fourier: [],
  pixels: [],
};

export interface Search {
  /** Steps of the whole run. */
  steps: number;
  /** A new stream for each: all see the same windows. */
  bits: () => Bits;
  signal?: AbortSignal | undefined;
  onTry?: ((done: number) => void) | undefined;
}

/** Which of the beginnings that `make` makes by their number was the most like the text after its share of steps. */
export async function bestBeginning(
  by: Way,
  make: (index: number) => Canvas,
  objective: Objective,
  { steps, bits, signal, onTry }: Search,
): Promise<number> {
  const rounds = ROUNDS[by];
  const total = workOf(rounds, steps);
  let [contenders, done]: [Contender[], number] = [[], 0];
  try {
    for (const [round, [count, share]] of rounds.entries()) {
      if (round > 0) contenders = keepBest(contenders, count);
      for (let i = 0; i < count; i++) {
        contenders[i] ??= {
          index: i,
          climb: new Climb(make(i), objective, steps),
          bits: bits(),
          loss: Infinity,
        };
        const one = contenders[i]!;
        while (one.climb.steps < Math.floor(share * steps) && !signal?.aborted) {
          await tf.nextFrame(); // so that a signal is heard
          one.climb.step(one.bits);
          onTry?.(++done / total);
        }
        one.loss = objective.lossNow(one.climb.canvas);
        onTry?.(++done / total);
      }
    }
    contenders = keepBest(contenders, 1);
    return contenders[0]?.index ?? 0;
  } finally {
    for (const { climb } of contenders) climb.release();
  }
}

/** Steps and looks in all. */
function workOf(rounds: (typeof ROUNDS)[Way], steps: number): number {
  return rounds.reduce((sum, [count, share], round) => {
    const before = Math.floor((rounds[round - 1]?.[1] ?? 0) * steps);
    return sum + count * (1 + Math.floor(share * steps) - before);
  }, 0);
}

interface Contender {
  index: number;
  climb: Climb;
  bits: Bits;
  loss: number;
}

function keepBest(contenders: readonly Contender[], count: number): Contender[] {
  const ranked = contenders.toSorted((a, b) => a.loss - b.loss);
  for (const { climb } of ranked.slice(count)) climb.release();
  return ranked.slice(0, count);
}
