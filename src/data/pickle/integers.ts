// Python's numbers as pickles spell them. Whole numbers become `number` where that is exact, else `bigint`.
import { ClipError } from '../../errors.ts';
import type { Cursor } from './cursor.ts';
import { LONGEST_INTEGER } from './limits.ts';

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** `length` bytes, little-endian, two's complement. */
export function bigInteger(cursor: Cursor, length: number): number | bigint {
  if (length > LONGEST_INTEGER) {
    throw new ClipError('an integer', { expected: `at most ${LONGEST_INTEGER} bytes`, got: length });
  }
  const bytes = cursor.take(length);
  const words = new BigUint64Array(Math.ceil(length / 8)); // eight bytes at a time: each step copies the whole number
  new Uint8Array(words.buffer).set(bytes);
  const value = words.reduceRight((sum, word) => (sum << 64n) | word, 0n);
  return exact(BigInt.asIntN(8 * length, value));
}

/** A line such as `123`, `-5` or `7L`. Protocol 0 and 1 write booleans as the lines `00` and `01`. */
export function decimalInteger(line: string, booleans: boolean): number | bigint | boolean {
  if (booleans && (line === '00' || line === '01')) return line === '01';
  if (line.length > LONGEST_INTEGER || !/^[+-]?\d+L?$/.test(line)) {
    throw new ClipError('an integer', { expected: 'decimal digits', got: JSON.stringify(line.slice(0, 40)) });
  }
  return exact(BigInt(line.replace(/^\+|L$/g, '')));
}

/** A line that Python's `repr` of a float wrote. */
export function decimalFloat(line: string): number {
  const named: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  if (line in named) return named[line]!;
  if (line.length > LONGEST_INTEGER || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) {
    throw new ClipError('a float', { expected: 'a decimal number', got: JSON.stringify(line.slice(0, 40)) });
  }
  return Number(line);
}
