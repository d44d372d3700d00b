// Mojibake → what was meant. Stands beside fix_encoding in ftfy/__init__.py and its helpers in ftfy/fixes.py, with
// ftfy's defaults. One step takes the text back to bytes in some one-byte encoding and reads those as UTF-8; it is
// repeated until nothing changes, because text can have been misread more than once.
import { isBad } from './badness.ts';
import {
  type ByteString,
  c1AsWindows1252,
  ENCODINGS,
  encode,
  isSloppy,
  latin1AsWindows1252,
} from './codecs.ts';
import { CLUES } from './tables.generated.ts';
import { decodeUtf8, decodeUtf8Variants } from './utf8.ts';

/** Told of each change: what was done, and the text after it. */
export type Trace = (step: string, text: string) => void;

/** `text` with mojibake repaired, as ftfy.fix_encoding gives it. Text that does not look like mojibake is kept. */
export function fixEncoding(text: string, trace?: Trace): string {
  let current = text;
  for (;;) {
    const [step, fixed] = fixOnce(current);
    if (fixed === current) return current;
    current = fixed;
    trace?.(`fix encoding: ${step}`, current);
  }
}

type Fix = readonly [step: string, text: string];

function fixOnce(text: string): Fix {
  const unchanged: Fix = ['', text];
  if (/^[\x00-\x7f]*$/.test(text) || !isBad(text)) return unchanged;

  for (const encoding of ENCODINGS) {
    const bytes = encode(text, encoding);
    const fixed = bytes === undefined ? undefined : decodeLenient(bytes, encoding);
    if (fixed !== undefined) return [`${encoding} read as UTF-8`, fixed];
  }
  const inconsistent = decodeInconsistentUtf8(text);
  if (inconsistent !== text) return ['UTF-8 inside other text', inconsistent];

  // In Latin-1, but no UTF-8: then at least its C1 control characters were meant as Windows-1252.
  const isLatin1 = encode(text, 'latin-1') !== undefined;
  const windows = isLatin1 ? latin1AsWindows1252(text) : undefined;
  if (windows !== undefined && windows !== text) return ['latin-1 read as windows-1252', windows];
  return ['C1 controls read as windows-1252', c1AsWindows1252(text)];
}

/** Bytes read as UTF-8, after the two repairs of bytes that ftfy allows; undefined if they are not UTF-8 even then. */
function decodeLenient(bytes: ByteString, encoding: string): string | undefined {
  let repaired = bytes;
  if (encoding !== 'macroman') repaired = restoreByteA0(repaired); // there an en dash before a space would match
  if (isSloppy(encoding)) repaired = replaceLossySequences(repaired);
  return /[\xed\xc0]/.test(repaired) ? decodeUtf8Variants(repaired) : decodeUtf8(repaired);
}

const ALTERED_UTF8 = new RegExp(
  [
    '[\\xc2\\xc3\\xc5\\xce\\xd0\\xd9] ',
    '[\\xe2\\xe3] [\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf]',
    '[\\xe0-\\xe3][\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf] ',
    '\\xf0 [\\x80-\\xbf]{2}',
    '\\xf0[\\x80-\\xbf] [\\x80-\\xbf]',
    '\\xf0[\\x80-\\xbf]{2} ',
  ].join('|'),
  'g',
);

/** Some program took byte A0, a no-break space, for a space: put it back where UTF-8 needs it. */
function restoreByteA0(bytes: ByteString): ByteString {
  if (bytes.search(ALTERED_UTF8) < 0) return bytes;
  // "Ã la mode" keeps its space: à is nearly always a word of its own. The exceptions are Portuguese (àquele, às…).
  const spaced = bytes.replace(/\xc3 (?! |quele|quela|quilo|s )/g, '\xc3\xa0 ');
  return spaced.replace(ALTERED_UTF8, (sequence) => sequence.replace(/ /g, '\xa0'));
}

const LOSSY_UTF8 = new RegExp(
  [
    '[\\xc2-\\xdf]\\x1a',
    '[\\xc2-\\xc3]\\?',
    '\\xed[\\xa0-\\xaf][\\x1a?]\\xed[\\xb0-\\xbf][\\x1a?\\x80-\\xbf]',
    '\\xed[\\xa0-\\xaf][\\x1a?\\x80-\\xbf]\\xed[\\xb0-\\xbf][\\x1a?]',
    '[\\xe0-\\xef][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xe0-\\xef][\\x1a\\x80-\\xbf][\\x1a?]',
    '[\\xf0-\\xf4][\\x1a?][\\x1a\\x80-\\xbf]{2}',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf]{2}[\\x1a?]',
    '\\x1a',
  ].join('|'),
  'g',
);

/** A sequence of UTF-8 that lost a byte to U+FFFD (byte 1A) or "?" becomes U+FFFD as a whole. */
function replaceLossySequences(bytes: ByteString): ByteString {
  return bytes.replace(LOSSY_UTF8, '\xef\xbf\xbd');
}

const UTF8_INSIDE = new RegExp(
  `(?<![${CLUES.utf8ContinuationStrict}])(?:${[
    `[${CLUES.utf8FirstOf2}][${CLUES.utf8Continuation}]`,
    `[${CLUES.utf8FirstOf3}][${CLUES.utf8Continuation}]{2}`,
    `[${CLUES.utf8FirstOf4}][${CLUES.utf8Continuation}]{3}`,
  ].join('|')})+`,
  'g',
);

/** Repairs the pieces that look like UTF-8 each by itself, where the text as a whole has no single encoding. */
function decodeInconsistentUtf8(text: string): string {
  return text.replace(UTF8_INSIDE, (piece) =>
    piece.length < text.length && isBad(piece) ? fixEncoding(piece) : piece,
  );
}
