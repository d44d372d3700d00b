// Captions ↔ rows of the decoder's table. The tokenizer has 49,408 tokens, a set of captions a few hundred; those that no
// caption held would never be learned, so that the decoder has rows for the others alone: a hundredth of the file.
import { ClipError } from '../../errors.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';

export class CaptionVocabulary {
  readonly #tokenizer: Tokenizer;
  /** The tokenizer's id of each row, ascending; the last two are start and end of text, its largest ids. */
  readonly ids: Int32Array;
  readonly #rows: ReadonlyMap<number, number>;

  /** Throws ClipError for ids that are not the tokenizer's or not in that order. */
  constructor(tokenizer: Tokenizer, ids: Int32Array) {
    const ascending = ids.every((id, row) => id >= 0 && (row === 0 || id > ids[row - 1]!));
    if (
      !ascending ||
      ids.length < 3 ||
      ids.at(-1) !== tokenizer.endOfText ||
      ids.at(-2) !== tokenizer.startOfText
    ) {
      throw new ClipError("the decoder's tokens", {
        expected: `ascending ids, the last two ${tokenizer.startOfText} and ${tokenizer.endOfText}`,
        got: `${ids.slice(-3)}`,
        hint: "they are another tokenizer's",
      });
    }
    this.#tokenizer = tokenizer;
    this.ids = ids;
    this.#rows = new Map(Array.from(ids, (id, row) => [id, row]));
  }

  /** The vocabulary of some captions. Throws ClipError where they hold no token. */
  static of(tokenizer: Tokenizer, captions: Iterable<string>): CaptionVocabulary {
    const ids = new Set<number>();
    for (const caption of captions) for (const id of tokenizer.encode(caption)) ids.add(id);
    if (ids.size === 0) throw new ClipError('the captions are empty', { expected: 'words' });
    const sorted = [...ids].sort((a, b) => a - b);
    return new CaptionVocabulary(
      tokenizer,
      Int32Array.from([...sorted, tokenizer.startOfText, tokenizer.endOfText]),
    );
  }

  get size(): number {
    return this.ids.length;
  }

  /** The row that begins every caption. */
  get start(): number {
    return this.size - 2;
  }

  /** The row that ends every caption. */
  get end(): number {
    return this.size - 1;
  }

  /** A caption's rows, from start to end of text, cut to `length` of them, the end kept; words it does not know are left out. */
  encode(caption: string, length: number): number[] {
    const rows = this.#tokenizer.encode(caption).flatMap((id) => this.#rows.get(id) ?? []);
    return [this.start, ...rows.slice(0, length - 2), this.end];
  }

  /** The text of rows, start and end of text left out. */
  decode(rows: readonly number[]): string {
    const words = rows.filter((row) => row < this.start);
    return this.#tokenizer.decode(words.map((row) => this.ids[row]!)).trim();
  }
}
