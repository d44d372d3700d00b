// Zip archives made to exhaust a reader: what each claims, and what must be said of it.
import { deflateRawSync } from 'node:zlib';
import { bytesOf, uint32 } from '../../data/pickle/pickle-writer.ts';
import { type ZipPart, zipOf } from '../zip-writer.ts';
import { bomb, type Hostile, model, ONE, type Sparse, stateDict, tensor } from './hostile-parts.ts';

const uint64 = (value: bigint) => new Uint8Array(BigUint64Array.of(value).buffer);
const DATA: ZipPart = { name: 'm/data/0', content: new Uint8Array(24) };

/** An archive whose one member `name` is `size` bytes of zeros that nobody stores. */
function sparseArchive(size: number, name: string, more: readonly ZipPart[] = []): Sparse {
  const zip64 = true;
  const small = zipOf(
    [...more, { name, content: new Uint8Array(0), zip64, lie: { size, compressedSize: size } }],
    {
      zip64,
    },
  );
  const view = new DataView(small.buffer);
  const end = small.length - 22 - 20 - 56; // where the zip64 record begins
  const directory = Number(view.getBigUint64(end + 48, true));
  view.setBigUint64(end + 48, BigInt(directory + size), true);
  view.setBigUint64(small.length - 22 - 20 + 8, BigInt(end + size), true);
  return {
    size: small.length + size,
    pieces: [
      [0, small.subarray(0, directory)],
      [directory + size, small.subarray(directory)],
    ],
  };
}

/** An end record that claims a directory, with nothing of it there; in 64 bits where a number needs them. */
function endRecord(count: bigint, size: bigint, start: bigint): Uint8Array {
  const record64 = bytesOf('PK\x06\x06', uint64(44n), new Uint8Array(12), uint64(count), uint64(count));
  const locator = bytesOf('PK\x06\x07', uint32(0), uint64(4n), uint32(1));
  return bytesOf(
    ['PK\x03\x04', record64, uint64(size), uint64(start), locator],
    ['PK\x05\x06', new Uint8Array(4), new Uint8Array(12).fill(0xff), 0, 0],
  );
}

/** `count` entries of 46 bytes and a name, which lie over each other: the directory is what is large. */
function manyMembers(count: number): Uint8Array {
  const entry = bytesOf('PK\x01\x02', new Uint8Array(24), 7, 0, new Uint8Array(16), '0000000');
  const list = new Uint8Array(count * entry.length);
  for (let i = 0; i < count; i++) {
    list.set(entry, i * entry.length);
    list.set(bytesOf(String(i).padStart(7, '0')), i * entry.length + 46);
  }
  const end = endRecord(BigInt(count), BigInt(list.length), 4n);
  new DataView(end.buffer).setBigUint64(end.length - 22 - 20 + 8, BigInt(list.length + 4), true);
  return bytesOf('PK\x03\x04', list, end.subarray(4));
}

/** A deflate stream of `count` blocks with nothing in them: 5 bytes each, which unpack to none. */
function emptyBlocks(count: number): Uint8Array {
  const stream = new Uint8Array(5 * count + 2);
  for (let i = 0; i < count; i++) stream.set([0, 0, 0, 0xff, 0xff], 5 * i);
  stream.set(deflateRawSync(new Uint8Array(0)), 5 * count);
  return stream;
}

/** Bytes of the two end records and the locator between them. */
const END64 = 56 + 20 + 22;

export const hostileZips: Hostile[] = [
  // The first is within the bounds, and sets them.
  ['a hundred thousand members', () => manyMembers(100_000), /beyond the archive/],
  ['a million members', () => manyMembers(1_000_000), /at most 100000 members/],
  [
    'a member of 2^40 bytes in a small archive',
    () => zipOf([{ ...DATA, zip64: true, lie: { size: 2 ** 40, compressedSize: 2 ** 40 } }]),
    /beyond the archive/,
  ],
  [
    'a member at 2^60',
    () =>
      zipOf([
        { ...DATA, zip64: true, lie: { offset: 2 ** 60 } },
        { ...DATA, name: 'm/data/1' },
      ]),
    /beyond the archive/,
  ],
  ['a directory of 2^40 bytes', () => endRecord(1n, 1n << 40n, 0n), /zip directory: expected/],
  ['a directory of 2^64 bytes at 2^64', () => endRecord(1n, ~0n, ~0n), /zip directory: expected/],
  ['2^60 members', () => endRecord(1n << 60n, 0n, 4n), /members/],
  ['a directory of 2^36 bytes that are there', sparseDirectory, /zip directory: expected/],
  [
    'data.pkl of 2^40 bytes that are there',
    () => sparseArchive(2 ** 40, 'm/data.pkl'),
    /data\.pkl is too large/,
  ],
  [
    'a tensor of 2^42 bytes that are there',
    () => {
      const content = stateDict([['w', tensor({ count: 2 ** 40, shape: [2 ** 40], strides: [1] })]]);
      return sparseArchive(2 ** 42, 'm/data/0', [{ name: 'm/data.pkl', content }]);
    },
    /tensor w.*expected at most \d+ bytes/,
  ],
  ['data.pkl that unpacks to 100 MB', () => zipOf([bomb('m/data.pkl', 1e8)]), /data\.pkl is too large/],
  [
    'data.pkl that unpacks to more than it says',
    () => zipOf([bomb('m/data.pkl', 1e8, { lie: { size: 1e6 } })]),
    /got more/,
  ],
  [
    'a byte order that unpacks to 100 MB',
    () => model(DATA, [['w', ONE]], bomb('m/byteorder', 1e8, { lie: { size: 6 } })),
    /byteorder: packed size/,
  ],
  [
    'a byte order of 50 MB that unpacks to nothing',
    () =>
      model(DATA, [['w', ONE]], {
        name: 'm/byteorder',
        content: emptyBlocks(1e7),
        lie: { method: 8, size: 6 },
      }),
    /byteorder: packed size/,
  ],
];

/** The directory that an archive of 2^37 bytes ends with claims half of it. */
function sparseDirectory(): Sparse {
  const end = endRecord(1n, 2n ** 36n, 4n).subarray(4);
  const start = 2 ** 37 - end.length;
  new DataView(end.buffer, end.byteOffset).setBigUint64(END64 - 22 - 12, BigInt(start), true);
  return {
    size: 2 ** 37,
    pieces: [
      [0, bytesOf('PK\x03\x04')],
      [start, end],
    ],
  };
}
