import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/checkpoint/crc32.ts';
import { openZip } from '../../src/checkpoint/zip.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { ClipError } from '../../src/errors.ts';
import { bytesOf } from '../data/pickle/pickle-writer.ts';
import { type ZipPart, zipOf } from './zip-writer.ts';

const A: ZipPart = { name: 'x/a', content: bytesOf('some text') };
const B: ZipPart = { name: 'x/ü', content: bytesOf('0123456789'.repeat(1000)), deflate: true };
const C: ZipPart = { name: 'x/empty', content: new Uint8Array(0) };

const open = (bytes: Uint8Array) => openZip(bytesSource(bytes, 'file.zip'));

describe('zip', () => {
  it.each([
    ['plain', zipOf([A, B, C])],
    ['zip64', zipOf([{ ...A, zip64: true }, B, { ...C, zip64: true }], { zip64: true })],
  ])('reads members, stored and deflated: %s', async (_, archive) => {
    const members = await open(archive);
    expect([...members.keys()]).toEqual(['x/a', Buffer.from('x/ü', 'latin1').toString('utf8'), 'x/empty']);
    const [a, b, c] = [...members.values()];
    expect(await a!.read()).toEqual(A.content);
    expect(await b!.read()).toEqual(B.content);
    expect(await c!.read()).toEqual(C.content);
    expect(await a!.readRange(5, 9)).toEqual(bytesOf('text'));
    expect(await b!.readRange(9, 12)).toEqual(bytesOf('901'));
    await expect(a!.readRange(5, 10)).rejects.toThrow(/outside the file: expected within 0–9, got 5–10/);
  });

  it('finds the end behind a comment', async () => {
    const archive = zipOf([A]);
    archive[archive.length - 2] = 7;
    expect((await open(bytesOf(archive, 'comment'))).size).toBe(1);
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['no archive', bytesOf('PK but nothing else'), /no zip directory at its end.*cut off/],
    ['a cut one', zipOf([A, B]).subarray(0, -5), /no zip directory/],
    ['bytes behind the end', bytesOf(zipOf([A]), 'junk'), /no zip directory/],
    ['two members of a name', zipOf([A, A]), /two members are called x\/a/],
    [
      'a member beyond the end',
      zipOf([{ ...A, lie: { compressedSize: 5000, size: 5000 } }]),
      /beyond the archive/,
    ],
    ['a member over another', zipOf([A, { ...C, lie: { offset: 3 } }]), /into another member/],
    ['two at one place', zipOf([A, { ...A, name: 'x/b', lie: { offset: 0 } }]), /into another member/],
    ['an offset beyond the end', zipOf([{ ...A, lie: { offset: 1e6 } }]), /beyond the archive/],
    ['an absurd size', zipOf([{ ...B, lie: { size: 4e9 } }]), /size: expected at most/],
    [
      'an absurd 64-bit size',
      zipOf([{ ...A, zip64: true, lie: { size: 2 ** 50, compressedSize: 2 ** 50 } }]),
      /beyond/,
    ],
    [
      'sizes of a stored member that differ',
      zipOf([{ ...A, lie: { size: 3 } }]),
      /size: expected at most 9 bytes, got 3/,
    ],
    ['another compression', zipOf([{ ...A, lie: { method: 12 } }]), /stored or deflated, got method 12/],
    ['an encrypted member', zipOf([{ ...A, lie: { flags: 1 } }]), /encrypted/],
    ['a name that leads out', zipOf([{ ...A, name: '../../etc/passwd' }]), /a name inside the archive/],
    ['one from the root', zipOf([{ ...A, name: '/etc/passwd' }]), /a name inside the archive/],
    ['a count that lies', zipOf([A], { count: 2 }), /expected 2 members, got 1/],
    ['a zip64 end that is not there', bytesOf(zipOf([A], { zip64: true }).subarray(-22)), /zip64 end record/],
  ];
  it.each(bad)('refuses %s', async (_, archive, message) => {
    await expect(open(archive)).rejects.toThrow(message);
    await expect(open(archive)).rejects.toThrow(ClipError);
  });

  const badWhenRead: [string, ZipPart, RegExp][] = [
    ['a flipped bit', { ...A, lie: { crc: 1 } }, /x\/a is damaged: expected checksum 00000001/],
    ['another name in its own header', { ...A, localName: 'x/z' }, /header and the zip directory disagree/],
    [
      'less than it says when unpacked',
      { ...B, lie: { size: 20000 } },
      /unpacked size: expected 20000, got 10000/,
    ],
    [
      'more than it says when unpacked',
      { ...B, lie: { size: 100 } },
      /unpacked size: expected 100, got more/,
    ],
  ];
  it.each(badWhenRead)('finds %s', async (_, part, message) => {
    const [member] = (await open(zipOf([part]))).values();
    await expect(member!.read()).rejects.toThrow(message);
    await expect(member!.read()).rejects.toThrow(ClipError);
  });
});

describe('a part of a member', () => {
  const numbers: ZipPart = {
    name: 'x/data',
    content: Uint8Array.from({ length: 3 << 20 }, (_, i) => i & 255),
  };

  it('is read only where the whole is right', async () => {
    const archive = zipOf([numbers]);
    const start = archive.length - (3 << 20) - 100;
    archive[start + 2_000_000]! ^= 1;
    const [member] = (await open(archive)).values();
    await expect(member!.readRange(0, 10)).rejects.toThrow(/x\/data is damaged: expected checksum/);
    await expect(member!.readRange(5, 6)).rejects.toThrow(ClipError);
  });

  it('costs the whole once, in small pieces, and then itself', async () => {
    const whole = bytesSource(zipOf([numbers]), 'file.zip');
    const reads: number[] = [];
    const source = {
      ...whole,
      read: (start: number, end: number, into?: Uint8Array) => {
        reads.push(end - start);
        return whole.read(start, end, into);
      },
    };
    const [member] = (await openZip(source)).values();
    reads.length = 0;
    expect([...(await member!.readRange(256, 259))]).toEqual([0, 1, 2]);
    expect(Math.max(...reads)).toBe(1 << 20);
    reads.length = 0;
    expect([...(await member!.readRange(1 << 20, (1 << 20) + 2))]).toEqual([0, 1]);
    expect(reads).toEqual([2]);
  });
});

it('the checksum is zlib’s, in one piece or several', () => {
  const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * 7919) & 255);
  for (const length of [0, 1, 7, 8, 9, 1003]) {
    const part = bytes.subarray(0, length);
    expect(crc32(part)).toBe(zlibCrc32(part));
    expect(crc32(part.subarray(5), crc32(part.subarray(0, 5)))).toBe(zlibCrc32(part));
  }
});
