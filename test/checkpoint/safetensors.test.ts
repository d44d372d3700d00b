import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { openSafetensors } from '../../src/checkpoint/safetensors.ts';
import type { TensorToWrite } from '../../src/checkpoint/safetensors-writer.ts';
import { writeSafetensors } from '../../src/checkpoint/write-safetensors.node.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { ClipError } from '../../src/errors.ts';
import { bytesOf } from '../data/pickle/pickle-writer.ts';

interface Peer {
  metadata: Map<string, unknown>;
  getTensor(name: string): Uint8Array;
}
const { SafeTensor } = createRequire(import.meta.url)('safetensors') as {
  SafeTensor: new (file: Uint8Array) => Peer;
};

const PYTHON = '.venv/bin/python';
const hasPython = existsSync(PYTHON);
if (!hasPython) console.log(`skipped: Python's safetensors, for there is no ${PYTHON}`);

const FOLDER = new URL('../fixtures/checkpoints/', import.meta.url);

function file(header: string, bytes = 0, length = header.length): Uint8Array {
  const prefix = new Uint8Array(BigUint64Array.of(BigInt(length)).buffer);
  return bytesOf(prefix, new TextEncoder().encode(header), new Uint8Array(bytes));
}

const entry = (dtype: string, shape: number[], begin: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

const open = (bytes: Uint8Array) => openSafetensors(bytesSource(bytes, 'file.safetensors'));

describe('reading', () => {
  it('takes names of every kind', async () => {
    const names = ['__proto__', 'constructor', '7', 'with "quotes" and \\', 'data_offsets', '{[,]}'];
    const entries = names.map((name, i) => `${JSON.stringify(name)}:${entry('U8', [1], i, i + 1)}`);
    const { tensors } = await open(file(`{${entries.join(', ')}}`, names.length));
    expect(new Set(tensors.keys())).toEqual(new Set(names));
  });

  it('takes no tensors, and tensors without numbers', async () => {
    expect((await open(file('{}'))).tensors.size).toBe(0);
    const { tensors } = await open(
      file(`{"a":${entry('F32', [0, 3], 0, 0)},"b":${entry('U8', [], 0, 1)}}`, 1),
    );
    expect([...tensors.values()].map(({ shape }) => shape)).toEqual([[0, 3], []]);
  });

  const one = (value: string) => `{"w":${value}}`;
  const bad: [string, Uint8Array, RegExp][] = [
    [
      'offsets beyond the file',
      file(one(entry('F32', [2], 0, 8)), 4),
      /expected 8, as the header says, got 4 .*cut off/,
    ],
    ['bytes left over', file(one(entry('F32', [2], 0, 8)), 9), /got 9 .*left over/],
    [
      'bytes that the shape does not need',
      file(one(entry('F32', [2], 0, 12)), 12),
      /F32 \[2\]: expected 8 bytes/,
    ],
    ['offsets the wrong way round', file(one(entry('F32', [2], 8, 0)), 8), /got offsets 8, 0/],
    ['a negative offset', file(one(entry('F32', [2], -8, 0)), 8), /dtype, shape and data_offsets/],
    ['a fractional shape', file(one(entry('F32', [0.5], 0, 2)), 2), /dtype, shape and data_offsets/],
    ['an absurd shape', file(one(entry('F32', [2 ** 40, 2 ** 40], 0, 8)), 8), /got offsets 0, 8/],
    ['an unknown type', file(one(entry('F8', [2], 0, 2)), 2), /dtype: expected .*, got F8/],
    ['a type that is a property of objects', file(one(entry('toString', [2], 0, 2)), 2), /got toString/],
    ['no shape', file(one('{"dtype":"F32"}')), /tensor w: expected dtype, shape/],
    ['a number', file(one('5')), /got 5/],
    [
      'an overlap',
      file(`{"a":${entry('U8', [4], 0, 4)},"b":${entry('U8', [4], 2, 6)}}`, 6),
      /tensor b overlaps another/,
    ],
    [
      'a hole',
      file(`{"a":${entry('U8', [4], 0, 4)},"b":${entry('U8', [4], 6, 10)}}`, 10),
      /leaves a hole before it: expected offset 4, got 6/,
    ],
    [
      'two names',
      file(`{"a":${entry('U8', [1], 0, 1)},"\\u0061":${entry('U8', [1], 0, 1)}}`, 1),
      /two entries are called "a"/,
    ],
    [
      'two shapes',
      file('{"w":{"dtype":"U8","shape":[1],"shape":[2],"data_offsets":[0,2]}}', 2),
      /two entries are called "shape"/,
    ],
    [
      '65 axes',
      file(one(entry('U8', Array(65).fill(1), 0, 1)), 1),
      /shape: expected at most 64 axes, got 65/,
    ],
    ['metadata that are no texts', file('{"__metadata__":{"a":1}}'), /__metadata__: expected texts by name/],
    ['a header that is no object', file('[1,2]'), /another length, or no JSON/],
    ['a header that does not parse', file('{"w":'), /text that does not parse/],
    ['a header that is not UTF-8', bytesOf(file('{}', 0, 3), '\xff'), /text that does not parse/],
    ['a header longer than the file', file('{}', 0, 1000), /at most 2 bytes/],
    ['an endless header', file('{}', 0, 2 ** 52), /at most 2 bytes/],
    ['a few bytes', bytesOf('abc'), /at most 0 bytes/],
  ];
  it.each(bad)('refuses %s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toThrow(ClipError);
    await expect(openCheckpoint(bytesSource(bytes))).rejects.toThrow(ClipError);
  });

  it('names a length that lies, whatever the format was taken for', async () => {
    const reading = openCheckpoint(bytesSource(file('{}', 0, 1000), 'file'));
    await expect(reading).rejects.toThrow(/header whose length lies: expected at most 2 bytes, got 1000/);
  });
});

const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const tensor = (
  name: string,
  dtype: TensorToWrite['dtype'],
  shape: number[],
  data: ArrayBufferView,
): TensorToWrite => ({
  name,
  dtype,
  shape,
  readBytes: async () => bytes(data),
});

describe('writing', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clip-safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const tensors = [
    tensor('b.half', 'F16', [3], Uint16Array.of(0x3c00, 0xc000, 0x7bff)),
    tensor('z', 'F32', [2, 2], Float32Array.of(1, 2, 3, 4)),
    tensor('7', 'F32', [], Float32Array.of(4.6052)),
    tensor('long', 'I64', [2], BigInt64Array.of(-1n, 2n ** 40n)),
    tensor('byte', 'U8', [1], Uint8Array.of(200)),
    tensor('empty', 'F32', [0, 3], new Float32Array(0)),
  ];
  const metadata = new Map([
    ['note', 'Überschrift'],
    ['format', 'pt'],
  ]);

  it('is read back the same, is aligned, and does not depend on the order given', async () => {
    const [there, again] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')];
    await writeSafetensors(there, tensors, metadata);
    await writeSafetensors(again, [...tensors].reverse(), new Map([...metadata].reverse()));
    const written = new Uint8Array(await readFile(there));
    expect(new Uint8Array(await readFile(again))).toEqual(written);

    const checkpoint = await openCheckpoint(bytesSource(written));
    expect(checkpoint.metadata).toEqual(new Map([...metadata].reverse()));
    expect(checkpoint.tensors.size).toBe(tensors.length);
    for (const { name, dtype, shape, readBytes } of tensors) {
      const stored = checkpoint.tensors.get(name)!;
      expect([stored.dtype, stored.shape]).toEqual([dtype, shape]);
      const view = await stored.readBytes();
      expect(new Uint8Array(view)).toEqual(await readBytes());
      expect(
        view.byteOffset %
          (stored.byteLength /
            Math.max(
              1,
              shape.reduce((a, b) => a * b, 1),
            ) || 1),
      ).toBe(0);
    }
  });

  it('is what the npm package safetensors reads', async () => {
    const path = join(folder, 'peer.safetensors');
    await writeSafetensors(path, tensors); // without metadata: the package throws on them
    const peer = new SafeTensor(new Uint8Array(await readFile(path)));
    expect(peer.metadata.size).toBe(tensors.length);
    for (const { name, dtype, shape, readBytes } of tensors) {
      expect(peer.metadata.get(name)).toMatchObject({ dtype, shape });
      expect(new Uint8Array(peer.getTensor(name))).toEqual(await readBytes());
    }
  });

  it.skipIf(!hasPython)('is what Python’s safetensors reads', async () => {
    const path = join(folder, 'python.safetensors');
    await writeSafetensors(path, tensors, metadata);
    const output = execFileSync(PYTHON, ['scripts/record_checkpoints.py', '--check', path]);
    const got = JSON.parse(output.toString());
    expect(got.metadata).toEqual(Object.fromEntries(metadata));
    expect(Object.keys(got.tensors).length).toBe(tensors.length);
    for (const { name, dtype, shape, readBytes } of tensors) {
      const sha256 = createHash('sha256')
        .update(await readBytes())
        .digest('hex');
      expect(got.tensors[name]).toMatchObject({ dtype, shape, sha256 });
    }
  });

  it('makes Python’s own file of Python’s tensors, to the byte', async () => {
    const original = new Uint8Array(readFileSync(new URL('plain.safetensors', FOLDER)));
    const { tensors: stored } = await openCheckpoint(bytesSource(original));
    const path = join(folder, 'plain.safetensors');
    await writeSafetensors(path, [...stored.values()].reverse());
    expect(new Uint8Array(await readFile(path))).toEqual(original);
  });

  it('puts every type where Python puts it', async () => {
    // Python's metadata are in a random order, so that only the numbers can be compared.
    const original = new Uint8Array(readFileSync(new URL('types.safetensors', FOLDER)));
    const checkpoint = await openCheckpoint(bytesSource(original));
    const path = join(folder, 'types.safetensors');
    await writeSafetensors(path, checkpoint.tensors.values(), checkpoint.metadata);
    const numbers = (file: Uint8Array) =>
      file.slice(8 + Number(new DataView(file.buffer).getBigUint64(0, true)));
    expect(numbers(new Uint8Array(await readFile(path)))).toEqual(numbers(original));
  });

  it('refuses two equal names and wrong byte counts, and leaves nothing', async () => {
    const path = join(folder, 'none.safetensors');
    const same = tensor('z', 'U8', [1], Uint8Array.of(1));
    await expect(writeSafetensors(path, [same, same])).rejects.toThrow(/two tensors are called z/);
    const wrong = tensor('z', 'F32', [2], Uint8Array.of(1));
    await expect(writeSafetensors(path, [wrong])).rejects.toThrow(/F32 \[2\]: expected 8 bytes, got 1/);
    expect(existsSync(path)).toBe(false);
  });
});
