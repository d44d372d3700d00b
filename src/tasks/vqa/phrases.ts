// An answer as the words that stand in a statement: "2" and "stars" → "two stars", "left" → "on the left".
import { PLACES } from '../../data/shapes/captions.ts';
import { PLACE_NAMES } from '../../data/shapes/questions.ts';

const NUMBERS = 'no one two three four five six seven eight nine ten'.split(' ');

/** `2`, `stars` → `two stars`; `1` → `one star`, `0` → `no stars`. What is no number stays as it is. */
export function numberPhrase(answer: string, nouns: string): string {
  const number = /^\d+$/.test(answer) ? Number(answer) : NUMBERS.indexOf(answer.toLowerCase());
  const word = NUMBERS[number] ?? answer;
  return `${word} ${number === 1 ? singular(nouns) : nouns}`;
}

/** The last word without its plural's ending, by English spelling's common rules. */
function singular(nouns: string): string {
  return nouns
    .replace(/\bpeople$/, 'person')
    .replace(/\b(wo)?men$/, '$1man')
    .replace(/ies$/, 'y')
    .replace(/(s|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}

/** `top left` → `in the top left corner`, `at the top left`: as captions say it. Other places stay as they are. */
export function placePhrases(answer: string): readonly [string, string] {
  const name = answer.trim().toLowerCase();
  for (const [row, names] of PLACE_NAMES.entries()) {
    const column = names.indexOf(name);
    if (column < 0) continue;
    const words = PLACES[row]![column]!;
    return [words[0]!, words.at(-1)!];
  }
  return [answer, answer];
}
