// text ↔ ids, and texts → the rows a text tower takes. Stands beside SimpleTokenizer and clip.tokenize of OpenAI's
// code; ids are equal to Python's with ftfy 6.3.1, on every string.
import { ClipError } from '../errors.ts';
import { clean } from './clean.ts';
import { mergeSymbols } from './merge.ts';
import { MERGES } from './merges.generated.ts';
import { showWork, type Work } from './show-work.ts';
import { fromSymbols } from './symbols.ts';
import { checkMerges, mergeLines, symbolsOf, Vocabulary } from './vocabulary.ts';
import { splitWords } from './words.ts';

const CACHED_WORDS = 65_536;
const LONGEST_CACHED = 64; // UTF-16 units: longer words hardly come back
const LONGEST_CONTEXT = 65_536;

export interface TokenizerOptions {
  /** Pairs of symbols, one a line, as in merges.txt; OpenAI's 48,894 unless given. */
  merges?: string | undefined;
  /** A checkpoint's own size, 514 … 514 + the number of merges: it uses the first `vocabSize − 514` of them. */
  vocabSize?: number | undefined;
}

export class Tokenizer {
  readonly vocabulary: Vocabulary;
  readonly #cache = new Map<string, readonly number[]>();

  /** Throws ClipError for a vocabulary that cannot be: see {@link TokenizerOptions}. */
  constructor({ merges = MERGES, vocabSize }: TokenizerOptions = {}) {
    const lines = mergeLines(merges);
    if (merges !== MERGES) checkMerges(lines); // OpenAI's own are checked by a test: it takes as long as all the rest
    this.vocabulary = new Vocabulary(lines, vocabSize);
  }

  /** How many ids there are: 49,408 for OpenAI's models. */
  get vocabSize(): number {
    return this.vocabulary.size;
  }

  /** The id that begins every row: `vocabSize − 2`. */
  get startOfText(): number {
    return this.vocabSize - 2;
  }

  /** The id that ends every row: `vocabSize − 1`, the largest, by which the text tower finds it. */
  get endOfText(): number {
    return this.vocabSize - 1;
  }

  /** The ids of one text of any length, without the start and end of text. An empty text has none. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of splitWords(clean(text))) {
      for (const id of this.#encodeWord(word)) ids.push(id);
    }
    return ids;
  }

  /**
   * The text of some ids, with a space after each word; special tokens are written out. Bytes that are no UTF-8,
   * as half of a character is, become U+FFFD. Throws ClipError for an id outside the vocabulary.
   */
  decode(ids: Iterable<number>): string {
    let symbols = '';
    for (const id of ids) {
      const entry = this.vocabulary.entry(id);
      if (entry === undefined) {
        throw new ClipError('token id', {
          expected: `a whole number from 0 to ${this.vocabSize - 1}`,
          got: id,
        });
      }
      symbols += entry;
    }
    return fromSymbols(symbols);
  }

  /**
   * One row of `contextLength` ids for each text: start of text, the ids, end of text, zeros. A text that does not
   * fit throws ClipError, which names the part that is too much; with `truncate` it is cut, the end of text kept.
   */
  tokenize(texts: string | readonly string[], contextLength = 77, truncate = false): Int32Array[] {
    if (!Number.isInteger(contextLength) || contextLength < 1 || contextLength > LONGEST_CONTEXT) {
      const expected = `a whole number from 1 to ${LONGEST_CONTEXT}`;
      throw new ClipError('context length', { expected, got: contextLength });
    }
    const list = typeof texts === 'string' ? [texts] : texts;
    return list.map((text, i) => {
      const ids = [this.startOfText, ...this.encode(text), this.endOfText];
      const row = new Int32Array(contextLength);
      if (ids.length <= contextLength) {
        row.set(ids);
        return row;
      }
      if (!truncate) throw this.#tooLong(i, list.length, ids, contextLength);
      row.set(ids.slice(0, contextLength - 1));
      row[contextLength - 1] = this.endOfText;
      return row;
    });
  }

  /** Every stage that `text` goes through on its way to ids, as plain data. */
  showWork(text: string): Work {
    return showWork(text, this.vocabulary);
  }

  #encodeWord(word: string): readonly number[] {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const ids = mergeSymbols(symbolsOf(word), this.vocabulary);
    if (word.length <= LONGEST_CACHED) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear(); // bounded; a text's words are soon back
      this.#cache.set(word, ids);
    }
    return ids;
  }

  #tooLong(index: number, count: number, ids: readonly number[], contextLength: number): ClipError {
    const cut = this.decode(ids.slice(Math.max(contextLength - 1, 1), -1)).trim();
    const shown = cut.length > 60 ? `${[...cut].slice(0, 60).join('')}…` : cut;
    return new ClipError(count === 1 ? 'text too long' : `text ${index + 1} of ${count} too long`, {
      expected: `at most ${contextLength} tokens, start and end of text counted`,
      got: ids.length,
      hint: `too much is "${shown}"; shorten the text, or cut it with --truncate / truncate: true`,
    });
  }
}

let standard: Tokenizer | undefined;

/** {@link Tokenizer.tokenize} with OpenAI's full vocabulary, made when it is first needed. Stands beside clip.tokenize. */
export function tokenize(
  texts: string | readonly string[],
  contextLength = 77,
  truncate = false,
): Int32Array[] {
  standard ??= new Tokenizer();
  return standard.tokenize(texts, contextLength, truncate);
}
