// bytes → text: UTF-8, and the variants that Java and old databases write. Stands beside
// ftfy/bad_codecs/utf8_variants.py: CESU-8 (a surrogate pair as two three-byte sequences) and C0 80 for U+0000.
import type { ByteString } from './codecs.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict UTF-8; undefined where the bytes are not valid. */
export function decodeUtf8(bytes: ByteString): string | undefined {
  const array = Uint8Array.from(bytes, (c) => c.charCodeAt(0));
  try {
    return strict.decode(array);
  } catch {
    return undefined;
  }
}

// Python's $ also matches before a final line break; a sequence cut off there counts as one that begins here.
const end = '(?=\\n?$)';
const cesu8 = `\\xed(?:[\\xa0-\\xaf]|${end})(?:[\\x80-\\xbf]|${end})(?:\\xed|${end})(?:[\\xb0-\\xbf]|${end})(?:[\\x80-\\xbf]|${end})`;
const surrogate = `\\xed(?:[\\xa0-\\xbf]|${end})(?:[\\x80-\\xbf]|${end})`;
const SPECIAL = new RegExp(`\\xc0(?:\\x80|${end})|${cesu8}|${surrogate}`, 'g');
const CESU8 = new RegExp(cesu8, 'y');

/** UTF-8 in which CESU-8 pairs and C0 80 are allowed too; undefined where the bytes are neither. */
export function decodeUtf8Variants(bytes: ByteString): string | undefined {
  let text = '';
  let position = 0;
  while (position < bytes.length) {
    SPECIAL.lastIndex = position;
    const special = SPECIAL.exec(bytes)?.index ?? bytes.length;
    const left = bytes.length - special;
    const isNull = bytes[special] === '\xc0';
    const plainEnd = left > 0 && left < 6 && !isNull && special === position ? bytes.length : special;
    if (plainEnd > position) {
      const piece = decodeUtf8(bytes.slice(position, plainEnd));
      if (piece === undefined) return undefined;
      text += piece;
      position = plainEnd;
    } else if (isNull) {
      if (left === 1) return undefined;
      text += '\0';
      position += 2;
    } else {
      CESU8.lastIndex = position;
      if (!CESU8.test(bytes)) return undefined; // one surrogate alone
      text += pairAt(bytes, position);
      position += 6;
    }
  }
  return text;
}

/** Six bytes 1110_1101 1010_abcd 10ef_ghij 1110_1101 1011_klmn 10op_qrst are U+10000 + abcd…t. */
function pairAt(bytes: ByteString, position: number): string {
  const low = (offset: number, mask: number) => bytes.charCodeAt(position + offset) & mask;
  const code = (low(1, 0x0f) << 16) + (low(2, 0x3f) << 10) + (low(4, 0x0f) << 6) + low(5, 0x3f);
  return String.fromCodePoint(0x10000 + code);
}
