// merges, one pair a line → ids. A vocabulary is 256 bytes, the same 256 as ends of words, one entry for each merge,
// and two special tokens at the end: 49,408 in all for OpenAI's. Stands beside SimpleTokenizer.__init__.
import { ClipError } from '../errors.ts';
import { BYTE_SYMBOLS, toSymbols } from './symbols.ts';

export const START_OF_TEXT = '<|startoftext|>';
export const END_OF_TEXT = '<|endoftext|>';
const BYTES = 512;
const SPECIAL = 2;

const byteIds = new Map(BYTE_SYMBOLS.map((symbol, id) => [symbol, id]));

export class Vocabulary {
  /** How many ids there are; the last two are start and end of text. */
  readonly size: number;
  readonly #lines: readonly string[];
  readonly #ranks: Map<string, number>;

  /**
   * `lines`: merges `left right`, the first to be tried first. `size`: 514 … 514 + the number of merges; a smaller
   * vocabulary uses the first `size − 514`. Throws ClipError for another size.
   */
  constructor(lines: readonly string[], size: number = BYTES + lines.length + SPECIAL) {
    const largest = BYTES + lines.length + SPECIAL;
    if (!Number.isInteger(size) || size < BYTES + SPECIAL || size > largest) {
      throw new ClipError('vocabulary size', {
        expected: `a whole number from ${BYTES + SPECIAL} to ${largest}`,
        got: size,
        hint: '512 bytes, one entry a merge, 2 special tokens',
      });
    }
    this.size = size;
    this.#lines = lines;
    this.#ranks = new Map();
    for (let rank = 0; rank < size - BYTES - SPECIAL; rank++) this.#ranks.set(lines[rank]!, rank);
  }

  /** The merges in use, `left right` each, in their order. */
  get merges(): readonly string[] {
    return this.#lines.slice(0, this.#ranks.size);
  }

  /** Which merge joins these two neighbours, 0 being the first; Infinity if none does. */
  rank(left: string, right: string): number {
    return this.#ranks.get(`${left} ${right}`) ?? Number.POSITIVE_INFINITY;
  }

  /** The id of what a merge makes. */
  mergedId(rank: number): number {
    return BYTES + rank;
  }

  /** The id of a byte's symbol, or of a special token. */
  baseId(symbol: string): number {
    if (symbol === START_OF_TEXT) return this.size - 2;
    if (symbol === END_OF_TEXT) return this.size - 1;
    return byteIds.get(symbol)!;
  }

  /** What an id stands for: a symbol or a special token; undefined outside 0 … size − 1. */
  entry(id: number): string | undefined {
    if (id < BYTES) return BYTE_SYMBOLS[id];
    if (id < this.size - SPECIAL) return this.#lines[id - BYTES]?.replace(' ', '');
    return [START_OF_TEXT, END_OF_TEXT][id - (this.size - SPECIAL)];
  }
}

/** What merging begins with: a special token whole, any other word byte by byte. */
export function symbolsOf(word: string): string[] {
  return word === START_OF_TEXT || word === END_OF_TEXT ? [word] : toSymbols(word);
}

/** The merges of a merges.txt, without its first line `#version…` and the empty last one; CRLF is accepted. */
export function mergeLines(text: string): string[] {
  const lines = text.replaceAll('\r', '').split('\n');
  if (lines[0]!.includes('#version')) lines.shift();
  if (lines.at(-1)?.trim() === '') lines.pop();
  return lines;
}

/** Throws ClipError unless each line joins two symbols that bytes or earlier lines make, into one that none made. */
export function checkMerges(lines: readonly string[]): void {
  const made = new Set(BYTE_SYMBOLS);
  for (const [rank, line] of lines.entries()) {
    const [left, right, ...more] = line.split(' ');
    const merged = `${left}${right}`;
    if (!made.has(left!) || right === undefined || !made.has(right) || more.length > 0 || made.has(merged)) {
      throw new ClipError(`merge ${rank + 1} of the vocabulary`, {
        expected: 'two symbols that earlier lines make, joined into a new one',
        got: JSON.stringify(line.slice(0, 80)),
      });
    }
    made.add(merged);
  }
}
