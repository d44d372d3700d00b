// Files that change while they are read: noticed at the next read, whatever of them changed; replaced ones are read on.
import { appendFile, mkdtemp, open, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/checkpoint.ts';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors.node.ts';
import { openFile } from '../../../src/data/bytes/file-source.node.ts';
import { writeFileAtomic } from '../../../src/data/bytes/write-file.node.ts';
import { ClipError } from '../../../src/errors.ts';

let folder: string;
let path: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-changing-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A checkpoint of two tensors of 1 MB, `value` and `value` + 1, whose file nobody touched for a minute. */
async function checkpointOf(value: number): Promise<string> {
  const file = join(folder, `${count++}.safetensors`);
  const numbers = (value: number) => new Uint8Array(new Float32Array(1 << 18).fill(value).buffer);
  const tensor = (name: string, value: number) =>
    ({ name, dtype: 'F32', shape: [1 << 18], readBytes: async () => numbers(value) }) as const;
  await writeSafetensors(file, [tensor('a', value), tensor('b', value + 1)]);
  await utimes(file, new Date(), new Date(Date.now() - 60_000));
  return file;
}

/** Opens the checkpoint, reads `a`, lets it change, reads `b`. */
async function readAround(change: () => Promise<unknown>): Promise<number> {
  const file = await openFile(path);
  try {
    const { tensors } = await openCheckpoint(file);
    expect((await tensors.get('a')!.readFloat32())[0]).toBe(1);
    file.checkUnchanged();
    await change();
    const b = await tensors.get('b')!.readFloat32();
    file.checkUnchanged();
    return b[0]!;
  } finally {
    await file.close();
  }
}

describe('a checkpoint that is written to between two tensors', () => {
  const changes: [string, () => Promise<unknown>, RegExp][] = [
    [
      'other numbers of the same length',
      async () => {
        const handle = await open(path, 'r+');
        await handle.write(new Uint8Array(1 << 20).fill(7), 0, 1 << 20, 1 << 20);
        await handle.close();
      },
      /changed while it was read: expected written \d{4}-.*, got written .* \(read it again once/,
    ],
    [
      'a byte more',
      () => appendFile(path, 'x'),
      /changed while it was read: expected (\d+) bytes, got \d+ bytes/,
    ],
    [
      'half of it cut off',
      () => truncate(path, 1 << 20),
      /became shorter while it was read: expected \d+ bytes, got 1048576/,
    ],
    ['emptied', () => writeFile(path, ''), /became shorter .* got 0 bytes/],
    [
      'written again with the same bytes',
      async () => utimes(path, new Date(), new Date()),
      /changed while it was read/,
    ],
  ];
  it.each(changes)('%s: noticed, in one line', async (_, change, message) => {
    path = await checkpointOf(1);
    const reading = readAround(change);
    await expect(reading).rejects.toThrow(ClipError);
    await expect(reading).rejects.toThrow(message);
    await reading.catch((error: Error) => expect(error.message).not.toContain('\n'));
  });
});

describe('a checkpoint that another takes the place of is read to its own end', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['by renaming', async () => rename(await checkpointOf(5), path)],
    ['by this program, atomically', () => writeFileAtomic(path, new Uint8Array(10))],
    ['by nothing: it is removed', () => rm(path)],
  ])('%s', async (_, change) => {
    path = await checkpointOf(1);
    expect(await readAround(change)).toBe(2);
  });
});

it('a change during one read is noticed by that read', async () => {
  path = await checkpointOf(1);
  const file = await openFile(path);
  const reading = file.read(0, file.size).catch((error: unknown) => error);
  await appendFile(path, 'x');
  // Whichever was first: what a read answers is what was in the file when it was opened.
  const answer = await reading;
  if (answer instanceof Error) expect(answer.message).toMatch(/changed while it was read/);
  else expect((answer as Uint8Array).length).toBe(file.size);
  expect(() => file.checkUnchanged()).toThrow(/changed/);
  await file.close();
});
