import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ByteSource,
  blobSource,
  bytesSource,
  sliceSource,
} from '../../../src/data/bytes/byte-source.ts';
import { openFile } from '../../../src/data/bytes/file-source.node.ts';
import { writeFileAtomic } from '../../../src/data/bytes/write-file.node.ts';
import { ClipError } from '../../../src/errors.ts';

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-bytes-'));
  await writeFile(join(folder, 'file'), BYTES);
});
afterAll(() => rm(folder, { recursive: true }));

describe('every source', () => {
  const sources: [string, () => Promise<ByteSource>][] = [
    ['bytes', async () => bytesSource(BYTES)],
    ['a Blob', async () => blobSource(new Blob([BYTES]))],
    ['a file', () => openFile(join(folder, 'file'))],
    ['a slice', async () => sliceSource(bytesSource(Uint8Array.of(9, ...BYTES, 9)), 1, 101)],
  ];
  it.each(sources)('%s', async (_, open) => {
    const source = await open();
    expect(source.size).toBe(100);
    expect([...(await source.read(10, 13))]).toEqual([10, 11, 12]);
    expect((await source.read(100, 100)).length).toBe(0);
    expect([...(await source.read(97, 100, new Uint8Array(50)))]).toEqual([97, 98, 99]);
    for (const [start, end] of [
      [-1, 5],
      [0, 101],
      [6, 5],
      [0.5, 2],
      [0, Number.NaN],
    ] as const) {
      await expect(source.read(start, end)).rejects.toThrow(ClipError);
    }
    await (source as { close?(): Promise<void> }).close?.();
  });
});

describe('files', () => {
  it('that cannot be read are named with the reason', async () => {
    await expect(openFile(join(folder, 'none'))).rejects.toThrow(
      /none: expected a readable file, got no such file/,
    );
    await expect(openFile(join(folder, 'file', 'x'))).rejects.toThrow(/no such file/);
    await expect(openFile(folder)).rejects.toThrow(/expected a file, got a folder/);
    await writeFile(join(folder, 'empty'), '');
    await expect(openFile(join(folder, 'empty'))).rejects.toThrow(
      /expected a file with content, got 0 bytes/,
    );
  });

  it('that become shorter are an error, not zeros', async () => {
    const path = join(folder, 'shrinking');
    await writeFile(path, BYTES);
    const source = await openFile(path);
    await truncate(path, 40);
    await expect(source.read(30, 60)).rejects.toThrow(/became shorter.*expected 100 bytes, got 40/);
    await source.close();
  });
});

describe('atomic writing', () => {
  it('replaces a file when all is written, and leaves nothing else', async () => {
    const home = join(folder, 'written');
    await mkdir(home);
    const path = join(home, 'out.bin');
    await writeFileAtomic(path, BYTES);
    async function* chunks() {
      yield BYTES.subarray(0, 3);
      yield BYTES.subarray(3, 5);
    }
    await writeFileAtomic(path, chunks());
    expect([...(await readFile(path))]).toEqual([0, 1, 2, 3, 4]);
    expect(await readdir(home)).toEqual(['out.bin']);
  });

  it('keeps the old file, and leaves no part of the new one, when it fails', async () => {
    const home = join(folder, 'failed');
    await mkdir(home);
    const path = join(home, 'out.bin');
    await writeFile(path, 'old');
    async function* broken() {
      yield BYTES;
      throw new Error('no more');
    }
    await expect(writeFileAtomic(path, broken())).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(home)).toEqual(['out.bin']);
    await expect(writeFileAtomic(join(home, 'no', 'folder'), BYTES)).rejects.toThrow(ClipError);
    await expect(writeFileAtomic(join(folder, 'failed'), BYTES)).rejects.toThrow(ClipError); // a folder is there
    expect(await readdir(home)).toEqual(['out.bin']);
  });
});
