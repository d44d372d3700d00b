// text ↔ bytes in the one-byte encodings that mojibake comes from. Stands beside ftfy/bad_codecs/sloppy.py.
//
// Bytes are held as a string of characters U+0000…U+00FF, because regular expressions then search them as Python's
// search bytes. A "sloppy" codec gives a byte without a character its Latin-1 meaning, as browsers do, and lets
// byte 1A stand for U+FFFD, so that text which already lost a character can still be taken back to bytes.
import { CODECS, WINDOWS_1252 } from './tables.generated.ts';

/** Bytes, one character U+0000…U+00FF each. */
export type ByteString = string;

/** The encodings ftfy tries, in its order. */
export const ENCODINGS: readonly string[] = Object.keys(CODECS);

export function isSloppy(encoding: string): boolean {
  return encoding.startsWith('sloppy');
}

const REPLACEMENT = '\ufffd';
const encoders = new Map(ENCODINGS.map((encoding) => [encoding, encoder(encoding)]));

/** The bytes that `encoding` reads as `text`; undefined where a character is not in it. */
export function encode(text: string, encoding: string): ByteString | undefined {
  const table = encoders.get(encoding)!;
  let bytes = '';
  for (let i = 0; i < text.length; i++) {
    const byte = table.get(text[i]!);
    if (byte === undefined) return undefined;
    bytes += byte;
  }
  return bytes;
}

/** Latin-1 text as strict Windows-1252 reads it; undefined where a byte has no character there. */
export function latin1AsWindows1252(text: ByteString): string | undefined {
  const fixed = text.replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252[c.charCodeAt(0) - 0x80]!);
  return fixed.includes(REPLACEMENT) ? undefined : fixed;
}

/** C1 control characters as sloppy Windows-1252 reads their bytes, the rest as it is. */
export function c1AsWindows1252(text: string): string {
  const table = CODECS['sloppy-windows-1252']!;
  return text.replace(/[\x80-\x9f]/g, (c) => table[c.charCodeAt(0) - 0x80]!);
}

function encoder(encoding: string): Map<string, string> {
  const table = new Map<string, string>();
  for (let byte = 0; byte < 256; byte++) {
    const own = String.fromCharCode(byte);
    table.set(byte < 0x80 ? own : CODECS[encoding]![byte - 0x80]!, own);
  }
  if (isSloppy(encoding)) {
    table.delete('\x1a');
    table.set(REPLACEMENT, '\x1a');
  }
  return table;
}
