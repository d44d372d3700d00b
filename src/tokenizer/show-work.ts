// One text, stage by stage: cleaning, words, symbols, merges, ids. For people who want to see where an id comes from.
import { clean } from './clean.ts';
import { type Merge, mergeSymbols } from './merge.ts';
import { symbolsOf, type Vocabulary } from './vocabulary.ts';
import { splitWords } from './words.ts';

/** A step of the cleaning that changed the text, and the whole text after it. */
export interface CleaningStep {
  readonly step: string;
  readonly text: string;
}

/** One word: its symbols byte by byte, the merges in their order, what is left, and the ids of that. */
export interface WordWork {
  readonly word: string;
  readonly symbols: readonly string[];
  readonly merges: readonly Merge[];
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
}

/** All stages of one text. `ids` has no start and end of text, as {@link Tokenizer.encode} gives it. */
export interface Work {
  readonly raw: string;
  readonly cleaning: readonly CleaningStep[];
  readonly cleaned: string;
  readonly words: readonly WordWork[];
  readonly ids: readonly number[];
}

/** Every stage of `text` under `vocabulary`. */
export function showWork(text: string, vocabulary: Vocabulary): Work {
  const cleaning: CleaningStep[] = [];
  const cleaned = clean(text, (step, now) => cleaning.push({ step, text: now }));
  const words = splitWords(cleaned).map((word) => wordWork(word, vocabulary));
  return { raw: text, cleaning, cleaned, words, ids: words.flatMap(({ ids }) => ids) };
}

function wordWork(word: string, vocabulary: Vocabulary): WordWork {
  const symbols = symbolsOf(word);
  const merges: Merge[] = [];
  const ids = mergeSymbols(symbols, vocabulary, (merge) => merges.push(merge));
  return { word, symbols, merges, tokens: ids.map((id) => vocabulary.entry(id)!), ids };
}
