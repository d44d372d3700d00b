// Small letters as Python's str.lower() makes them. Not toLowerCase: an engine with newer tables than Python's lowers
// letters that Python 3.11 (Unicode 14) does not know, and then the ids differ.
import { CASE_IGNORABLE, CASED, LOWER } from './unicode.generated.ts';

const SMALL = smallLetters();
const IS_CASED = new RegExp(`[${CASED}]`, 'u');
const IS_IGNORABLE = new RegExp(`[${CASE_IGNORABLE}]`, 'u');

/** str.lower(text) of Python 3.11. */
export function lower(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  const characters = [...text];
  return characters.map((c, i) => (c === 'Σ' ? sigma(characters, i) : (SMALL.get(c) ?? c))).join('');
}

/** Σ becomes ς after a cased letter unless another follows, else σ; apostrophes, accents and the like are skipped. */
function sigma(characters: readonly string[], position: number): string {
  return casedBeyond(characters, position, -1) && !casedBeyond(characters, position, 1) ? 'ς' : 'σ';
}

function casedBeyond(characters: readonly string[], position: number, step: 1 | -1): boolean {
  let i = position + step;
  while (characters[i] !== undefined && IS_IGNORABLE.test(characters[i]!)) i += step;
  return characters[i] !== undefined && IS_CASED.test(characters[i]!);
}

function smallLetters(): Map<string, string> {
  const letters = new Map([['İ', 'i\u0307']]); // the only one that becomes two characters
  for (let row = 0; row < LOWER.length; row += 4) {
    const [first, last, step, distance] = LOWER.slice(row, row + 4) as [number, number, number, number];
    for (let code = first; code <= last; code += step) {
      letters.set(String.fromCodePoint(code), String.fromCodePoint(code + distance));
    }
  }
  return letters;
}
