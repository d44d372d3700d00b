// safetensors files made to exhaust a reader.
import { bytesOf } from '../../data/pickle/pickle-writer.ts';
import type { Hostile, Sparse } from './hostile-parts.ts';

const length = (value: number) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

function file(header: string, bytes = 0): Uint8Array {
  const encoded = new TextEncoder().encode(header);
  return bytesOf(length(encoded.length), encoded, new Uint8Array(bytes));
}

const entry = (dtype: string, shape: readonly (number | string)[], begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`;

const one = (value: string) => file(`{"w":${value}}`);
const huge = '4503599627370496'; // 2^52

export const hostileSafetensors: Hostile[] = [
  ['a header of 2^63 bytes', () => bytesOf(new Uint8Array(7), 0x80, '{}'), /length lies/],
  [
    'a header of 2^40 bytes that are there',
    () => ({ size: 2 ** 41, pieces: [[0, bytesOf(length(2 ** 40), '{')]] }),
    /length lies/,
  ],
  [
    'a header of 99 MB of zeros',
    () => ({ size: 2 ** 41, pieces: [[0, bytesOf(length(99e6), '{')]] }),
    /length lies|does not parse/,
  ],
  ['a header of 90 MB of brackets', () => one('[]'.padEnd(90e6, ',[]')), /length lies|nested|header/],
  ['a header of 8 MB of empty lists', () => one(`[${'[],'.repeat(2.7e6)}[]]`), /header|tensor w/],
  [
    'a header of 8 MB of empty entries',
    () => file(`{${Array.from({ length: 600_000 }, (_, i) => `"${i}":{}`)}}`),
    /tensor 0: expected dtype/,
  ],
  ['lists nested a million deep', () => one('['.repeat(1e6) + ']'.repeat(1e6)), /nested/],
  ['objects nested a million deep', () => one(`${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}`), /nested/],
  ['lists that never end', () => one('['.repeat(5e6)), /nested/],
  ['metadata of 8 MB', () => file(`{"__metadata__":{"a":"${'x'.repeat(8e6)}"}}`)],
  ['metadata of 8 MB of escapes', () => file(`{"__metadata__":{"a":"${'\\n'.repeat(4e6)}"}}`)],
  ['a text that never ends', () => file(`{"__metadata__":{"a":"${'x'.repeat(8e6)}`), /does not parse/],
  ['a name of 8 MB', () => file(`{"${'n'.repeat(8e6)}":5}`), /name/],
  [
    'three hundred thousand names, one of them twice',
    () => file(`{${Array.from({ length: 300_000 }, (_, i) => `"${i}":1`)},"299999":1}`),
    /two entries are called "299999"/,
  ],
  [
    'a hundred thousand tensors without numbers',
    () => file(`{${Array.from({ length: 100_000 }, (_, i) => `"t${i}":${entry('F32', [0], 0, 0)}`)}}`),
  ],
  [
    'a shape of a million ones',
    () => file(`{"w":${entry('F32', Array(1e6).fill(1), 0, 4)}}`, 4),
    /at most 64 axes/,
  ],
  [
    'a shape whose product is no number',
    () => one(entry('F32', [...Array(25).fill(huge), 0], 0, 0)),
    /tensor w/,
  ],
  ['a shape whose product is 2^64', () => one(entry('U8', ['4294967296', '4294967296'], 0, 0)), /tensor w/],
  ['offsets beyond 2^53', () => one('{"dtype":"U8","shape":[0],"data_offsets":[1e300,1e300]}'), /tensor w/],
  ['a tensor of 2^44 bytes', () => one(entry('U8', [2 ** 44], 0, 2 ** 44)), /at most \d+ bytes|cut off/],
  ['a tensor of 2^44 bytes that are there', () => sparse(2 ** 44), /at most \d+ bytes/],
  [
    'a tensor that begins where it ends beyond the file',
    () => one(entry('U8', [0], 2 ** 40, 2 ** 40)),
    /hole/,
  ],
];

function sparse(size: number): Sparse {
  const header = one(entry('U8', [size], 0, size));
  return { size: header.length + size, pieces: [[0, header]] };
}
