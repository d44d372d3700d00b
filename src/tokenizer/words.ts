// cleaned text → words. OpenAI's pattern: the two special tokens, English contractions, runs of letters, single
// digits, runs of anything else; white space separates.
//
// The pattern is asked to ignore case, but the text is in small letters by now: the only capital-like character left
// to it is U+017F, the long s. And U+0345 (a combining iota) belongs to no class there: it is dropped.
import { LETTERS, NUMBERS, SPACES } from './unicode.generated.ts';

function pattern(letters: string, numbers: string, neither: string): string {
  const special = '<\\|[sſ]tartoftext\\|>|<\\|endoftext\\|>';
  const contractions = "'[sſ]|'t|'re|'ve|'m|'ll|'d";
  return `${special}|${contractions}|[${letters}]+|[${numbers}]|[^${neither}${letters}${numbers}]+`;
}

const ASCII = new RegExp(pattern('a-z', '0-9', ' '), 'g');
let unicode: RegExp | undefined; // compiling it takes milliseconds that plain captions need not wait for

/** The words of a text that {@link clean} has been through. */
export function splitWords(text: string): readonly string[] {
  if (/^[ -@[-~]*$/.test(text)) return text.match(ASCII) ?? [];
  unicode ??= new RegExp(pattern(LETTERS, NUMBERS, `${SPACES}\\u0345`), 'gu');
  return text.match(unicode) ?? [];
}
