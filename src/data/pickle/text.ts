// Bytes ↔ text as Python's pickles spell it: latin1, UTF-8, and the two escaped forms of protocol 0.
import { ClipError } from '../../errors.ts';

/** One character for each byte. (TextDecoder's `latin1` is windows-1252, which is another thing from 0x80 to 0x9f.) */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 8192) {
    // As arguments at once: spreading them goes through an iterator, ten times slower.
    text += String.fromCharCode.apply(undefined, bytes.subarray(start, start + 8192) as unknown as number[]);
  }
  return text;
}

/** One byte for each character. Throws where a character is above U+00FF. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) {
      throw new ClipError('a string that stands for bytes', {
        expected: 'characters up to U+00FF',
        got: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
      });
    }
    bytes[i] = code;
  }
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws on bytes that are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string {
  if (bytes.length < 64 && bytes.every((byte) => byte < 128)) return String.fromCharCode(...bytes);
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new ClipError('a string', { expected: 'UTF-8', got: 'other bytes' }, { cause: error });
  }
}

const SIMPLE_ESCAPES: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

/** What Python 2's `repr` of a str stands for: quotes off, escapes undone. */
export function unquote(quoted: string): string {
  const quote = quoted[0];
  if (quoted.length < 2 || (quote !== "'" && quote !== '"') || !quoted.endsWith(quote)) {
    throw new ClipError('a string of protocol 0', { expected: 'quotes around it', got: quoted.slice(0, 40) });
  }
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g, (all, hex, octal, simple) => {
      if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
      return SIMPLE_ESCAPES[simple] ?? all;
    });
}

/** Python's `raw-unicode-escape`: latin1 with \uXXXX and \UXXXXXXXX. */
export function rawUnicodeEscape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    if (code > 0x10ffff)
      throw new ClipError('a string', { expected: 'code points up to 10FFFF', got: `\\U${long}` });
    return String.fromCodePoint(code);
  });
}
