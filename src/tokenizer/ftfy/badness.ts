// text → does it look like mojibake? Stands beside ftfy/badness.py (ftfy 6.3.1, Apache-2.0).
//
// Mojibake is UTF-8 read in a wrong one-byte encoding. Its characters are ordinary; that they stand next to each
// other is not: nobody writes an accented small letter followed by a capital one, or a currency sign by a box
// drawing. Each rule below is one such juxtaposition, a sequence of character classes.
import { SPACES } from '../unicode.generated.ts';
import { PYTHON_WORD } from './python-classes.ts';
import { MOJIBAKE } from './tables.generated.ts';

const { common, c1, bad, law, currency, numeric, kaomoji, box } = MOJIBAKE;
const { upperAccented: upper, lowerAccented: lower, upperCommon, lowerCommon } = MOJIBAKE;
const { startPunctuation: opening, endPunctuation: closing } = MOJIBAKE;

const accented = lower + upper;
const symbols = currency + numeric;
const space = `[${SPACES}\\x1c-\\x1f]`; // Python's \s

const general = [
  `[${c1}]`,
  `[${bad}${accented}${box}${opening}${closing}${symbols}${law}][${bad}]`,
  `[a-zA-Z][${lowerCommon}${upperCommon}][${bad}]`,
  `[${bad}][${accented}${box}${opening}${closing}${symbols}${law}]`,
  `[${lower}${lowerCommon}${box}${closing}${symbols}][${upper}]`,
  `[${box}${closing}${symbols}][${lower}]`,
  `[${lower}${box}${closing}][${currency}]`,
  `${space}[${upper}][${currency}]`,
  `[${upper}${box}][${numeric}${law}]`,
  `[${accented}${box}${currency}${closing}][${opening}][${numeric}]`,
  `[${accented}${symbols}${box}${law}][${closing}][${opening}]`,
  `[${symbols}${box}][${opening}]`,
  `[a-z][${upper}][${opening}${currency}]`,
  `[${box}][${kaomoji}]`,
  `[${accented}${symbols}${opening}${closing}${law}][${box}]`,
  `[${box}][${closing}]`,
  `[${accented}][${opening}${closing}]${PYTHON_WORD}`,
  '[Œœ][^A-Za-z]', // the ligature, unless a plain Latin letter follows
  `[${upper}]°`,
];

const windows1252 = [
  `[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»${opening}${closing}–—´]`,
  '×[²³]',
  // Arabic: every character is common by itself, so two pairs are asked for
  `(?:[ØÙ][${common}${currency}${bad}${numeric}${opening}ŸŠ®°µ»]){2}`,
  'à[²µ¹¼½¾]', // scripts of South Asia
  'Ã[\\xa0¡]', // à and á
  `[a-z]${space}?[ÃÂ] `, // a no-break space, or à whose second byte became a space
  '^[ÃÂ] ',
  `[a-z.,?!${closing}]Â[ ${opening}${closing}]`, // Â before the character that it encodes
];

const others = [
  '√[±∂†≠®™´≤≥¥µø]', // Mac Roman
  '≈[°¢]',
  '‚Ä[ìîïòôúùû†°¢π]',
  '‚[âó][àä°ê]',
  'вЂ', // Windows-1251 of U+2000…
  `[ВГРС][${c1}${bad}${opening}${closing}${currency}°µ][ВГРС]`, // Windows-1251 of Latin-1 or Cyrillic
  'ГўВЂВ[^\\n][A-Za-z ]', // Windows-1251 on top of Latin-1
  'β€[™\\xa0Ά\\xad®°]', // Windows-1253 of U+2000…
  `[ΒΓΞΟ][${c1}${bad}${opening}${closing}${currency}°][ΒΓΞΟ]`, // Windows-1253 of Latin-1 or Greek
  'ā€', // Windows-1257 of U+2000…
];

const BADNESS = new RegExp([...general, ...windows1252, ...others].join('|'), 'u');

/** Whether `text` holds at least one sequence that is far likelier in mojibake than in writing. */
export function isBad(text: string): boolean {
  return BADNESS.test(text);
}
