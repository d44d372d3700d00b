// HTML's character references → characters. Two readers: the browser's, which stands beside Python's html.unescape,
// and ftfy's, which accepts only what is unmistakably a reference.
import { HTML5, INVALID, RENUMBERED, UPPER_ENTITIES } from './html-entities.generated.ts';

const NAMES = new Map(Object.entries(HTML5));
const UPPER_NAMES = new Map(Object.entries(UPPER_ENTITIES));
const VANISHING = new RegExp(`[${INVALID}]`, 'u');
const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;

/**
 * html.unescape(text): `&eacute;`, `&#233;`, `&#xe9;`, and also `&eacute` and `&notit;` (¬it;), as browsers read them.
 * A number past U+10FFFF gives U+FFFD however long it is; Python raises ValueError from 4,301 decimal digits on.
 */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (_, name: string) => (name[0] === '#' ? numbered(name) : named(name)));
}

/** ftfy's unescape_html: only complete references with a semicolon, and some names in capitals (`&EACUTE;`). */
export function unescapeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&#?[0-9A-Za-z]{1,24};/g, (reference) => {
    if (reference[1] !== '#') return NAMES.get(reference.slice(1)) ?? UPPER_NAMES.get(reference) ?? reference;
    const character = unescapeHtml(reference);
    return character.includes(';') ? reference : character; // only part of it was a reference
  });
}

/** `#233;` or `#xe9` → é. */
function numbered(reference: string): string {
  const hexadecimal = /[xX]/.test(reference[1]!);
  const digits = reference.slice(hexadecimal ? 2 : 1).replace(';', '');
  const code = Number.parseInt(digits, hexadecimal ? 16 : 10); // Infinity if it is very long
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  const character = String.fromCodePoint(code);
  return RENUMBERED[code] ?? (VANISHING.test(character) ? '' : character);
}

/** `eacute;` → é. Else the longest name that it begins with is replaced and the rest kept; else all is kept. */
function named(reference: string): string {
  for (let length = reference.length; length >= 2; length--) {
    const characters = NAMES.get(reference.slice(0, length));
    if (characters !== undefined) return characters + reference.slice(length);
  }
  return `&${reference}`;
}
