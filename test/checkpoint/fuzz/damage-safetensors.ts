// Damage that knows safetensors files: another header, of which the file tells the right length, before other numbers.
import { bytesOf } from '../../data/pickle/pickle-writer.ts';
import { damage, interestingNumber, pick, type Random } from './damage.ts';

const VALUES = [
  'null',
  '-1',
  '1e308',
  '0.5',
  '[]',
  '{}',
  '"F32"',
  '"I64"',
  '"F4"',
  'true',
  '[0]',
  '[[[[]]]]',
  '""',
  '"__metadata__"',
  '{"a":"b"}',
  '9007199254740993',
  '1e-400',
  '-0',
];

export function otherHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  let text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  let numbers = bytes.subarray(8 + length);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const kind = random(8);
    if (kind < 3)
      text = replaceOne(text, /\d+/g, random, () =>
        String(interestingNumber(random, [0, numbers.length, length])),
      );
    else if (kind === 3)
      text = replaceOne(text, /"[^"]*"|\d+|\[[^\]]*\]/g, random, () => pick(random, VALUES));
    else if (kind === 4)
      text = replaceOne(text, /"[^"]+":\{[^}]*\}/g, random, (entry) => `${entry},${entry}`);
    else if (kind === 5) text = replaceOne(text, /"[^"]+":\{[^}]*\},?/g, random, () => '');
    else if (kind === 6)
      numbers = random(2) ? numbers.subarray(0, random(numbers.length + 1)) : bytesOf(numbers, 0);
    else text = new TextDecoder().decode(damage(new TextEncoder().encode(text), random));
  }
  const header = new TextEncoder().encode(text);
  const told = random(10) ? BigInt(header.length) : interestingNumber(random, [header.length, bytes.length]);
  return bytesOf(new Uint8Array(BigUint64Array.of(told).buffer), header, numbers);
}

function replaceOne(text: string, pattern: RegExp, random: Random, by: (match: string) => string): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text;
  const { 0: match, index } = pick(random, matches);
  return text.slice(0, index) + by(match) + text.slice(index + match.length);
}
