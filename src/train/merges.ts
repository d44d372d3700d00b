// Words → the few of OpenAI's merges that make each of them one token: a small model's own vocabulary. They stand in
// OpenAI's order and hold every merge on the way, so the same byte-pair encoding reaches the same tokens.
import { ClipError } from '../errors.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';

/** The lines of a merges.txt for `words`. Throws ClipError for a word that OpenAI's vocabulary cuts into several tokens. */
export function selectMerges(words: Iterable<string>): string {
  const tokenizer = new Tokenizer();
  const ranks = new Map<string, number>(); // by line, its place in OpenAI's list
  for (const word of words) {
    const { ids, words: parts } = tokenizer.showWork(word);
    if (ids.length !== 1) {
      throw new ClipError(`the word "${word}" of a small vocabulary`, {
        expected: "one token in OpenAI's",
        got: ids.length,
      });
    }
    for (const { left, right, rank } of parts[0]!.merges) ranks.set(`${left} ${right}`, rank);
  }
  const lines = [...ranks].sort(([, a], [, b]) => a - b).map(([line]) => `${line}\n`);
  return lines.join('');
}
