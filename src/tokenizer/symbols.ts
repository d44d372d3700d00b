// bytes ↔ symbols. Each of the 256 bytes has one visible character, so that a word is a string without spaces or
// control characters. Stands beside bytes_to_unicode of OpenAI's simple_tokenizer.py.
const END_OF_WORD = '</w>';

const printable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const bytes = Array.from({ length: 256 }, (_, byte) => byte);
/** All bytes in the vocabulary's order: those that are printable in Latin-1 first, as themselves. */
const order = [...bytes.filter(printable), ...bytes.filter((byte) => !printable(byte))];
const symbolOf: string[] = [];
let shifted = 0x100;
for (const byte of order) symbolOf[byte] = String.fromCharCode(printable(byte) ? byte : shifted++);
const byteOf = new Map(symbolOf.map((symbol, byte) => [symbol, byte]));

/** The first 512 entries of every vocabulary: a symbol for each byte, then each again as the end of a word. */
export const BYTE_SYMBOLS: readonly string[] = [
  ...order.map((byte) => symbolOf[byte]!),
  ...order.map((byte) => symbolOf[byte]! + END_OF_WORD),
];

const utf8 = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** A word's UTF-8 as symbols, the last one marked as the end of the word. A lone surrogate counts as U+FFFD. */
export function toSymbols(word: string): string[] {
  const symbols = Array.from(utf8.encode(word), (byte) => symbolOf[byte]!);
  if (symbols.length > 0) symbols[symbols.length - 1] += END_OF_WORD;
  return symbols;
}

/** Symbols back to text: a space after each word, U+FFFD where the bytes are no UTF-8. */
export function fromSymbols(symbols: string): string {
  const decoded = lenient.decode(Uint8Array.from(symbols, (symbol) => byteOf.get(symbol)!));
  return decoded.replaceAll(END_OF_WORD, ' ');
}
