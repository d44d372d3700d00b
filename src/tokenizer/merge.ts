// symbols of one word → fewer, longer symbols: byte-pair encoding. Stands beside SimpleTokenizer.bpe, which looks for
// the best pair in the whole word before each merge. Here the pairs wait in a heap, so that a word of a hundred
// thousand letters takes n·log n steps, not n². The order is the same: by rank, then from left to right, and no merge
// makes a pair of an earlier rank (checkMerges refuses such a table).
import type { Vocabulary } from './vocabulary.ts';

/** One merge: two neighbours, and the rank of their pair (0 is the first line of the merges). */
export interface Merge {
  readonly left: string;
  readonly right: string;
  readonly rank: number;
}

/** The ids that are left when no pair of neighbours has a rank any more. `trace` hears of each merge. */
export function mergeSymbols(
  symbols: readonly string[],
  vocabulary: Vocabulary,
  trace?: (merge: Merge) => void,
): number[] {
  const length = symbols.length;
  const current: (string | undefined)[] = [...symbols];
  const ids: (number | undefined)[] = symbols.map((symbol) => vocabulary.baseId(symbol));
  const next = Int32Array.from(symbols, (_, i) => i + 1); // `length` is the end
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  const ranks = new Float64Array(length); // of the pair that begins here
  const waiting = new Heap();

  const consider = (i: number) => {
    const hasNeighbour = next[i]! < length;
    ranks[i] = hasNeighbour ? vocabulary.rank(current[i]!, current[next[i]!]!) : Number.POSITIVE_INFINITY;
    if (ranks[i] !== Number.POSITIVE_INFINITY) waiting.push(ranks[i]! * length + i);
  };
  for (let i = 0; i < length; i++) consider(i);

  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const i = key % length;
    const rank = (key - i) / length;
    if (current[i] === undefined || ranks[i] !== rank) continue; // a neighbour was merged meanwhile
    const j = next[i]!;
    const [left, right] = [current[i]!, current[j]!];
    current[i] = left + right;
    current[j] = undefined;
    ids[i] = vocabulary.mergedId(rank);
    ids[j] = undefined;
    next[i] = next[j]!;
    if (next[i]! < length) previous[next[i]!] = i;
    consider(i);
    if (previous[i]! >= 0) consider(previous[i]!);
    trace?.({ left, right, rank });
  }
  return ids.filter((id) => id !== undefined);
}

/** A binary heap of numbers, the smallest on top. */
class Heap {
  readonly #keys: number[] = [];

  push(key: number): void {
    const keys = this.#keys;
    let i = keys.push(key) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[i] = keys[parent]!;
      i = parent;
    }
    keys[i] = key;
  }

  pop(): number | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (keys.length === 0 || last === undefined) return top;
    let i = 0;
    for (let child = 1; child < keys.length; child = 2 * i + 1) {
      if (child + 1 < keys.length && keys[child + 1]! < keys[child]!) child++;
      if (last <= keys[child]!) break;
      keys[i] = keys[child]!;
      i = child;
    }
    keys[i] = last;
    return top;
  }
}
