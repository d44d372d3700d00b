// CIFAR-100 from a path: the folder, the archive as it is downloaded, or the folder above either.
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ClipError, whileReading } from '../errors.ts';
import { openFile } from './bytes/file-source.node.ts';
import {
  CIFAR_MEMBERS,
  type Cifar100,
  type CifarSplit,
  parseCifar100,
  readCifar100Archive,
} from './cifar.ts';

/** Where torchvision, asked as OpenAI's example asks it, keeps its data sets. */
export const CIFAR100_PLACE: string = join(homedir(), '.cache');

const HINT = 'the file is damaged or no CIFAR-100: fetch it again';

/**
 * Reads one split of CIFAR-100 or a data set in its layout. `path`: `cifar-100-python/`, `cifar-100-python.tar.gz`, or
 * a folder that has one of them. Errors: nothing there, no such member, a damaged file, counts that do not agree.
 */
export async function openCifar100(path: string, split: CifarSplit = 'test'): Promise<Cifar100> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isDirectory()) return readArchive(path, split);

  const folders = [path, join(path, 'cifar-100-python')];
  for (const folder of folders) {
    if (!(await stat(join(folder, 'meta')).catch(() => undefined))) continue;
    await checkSplit(folder, split);
    const meta = await readWhole(join(folder, 'meta'));
    const pictures = await readWhole(join(folder, split));
    return whileReading(folder, HINT, () => parseCifar100(meta, pictures, split));
  }
  const archive = join(path, 'cifar-100-python.tar.gz');
  if (await stat(archive).catch(() => undefined)) return readArchive(archive, split);
  throw new ClipError(`${path} has no CIFAR-100`, {
    expected: 'the files meta, test and train, or cifar-100-python.tar.gz',
    hint: 'clip-tfjs download cifar100 fetches it',
  });
}

async function checkSplit(folder: string, split: CifarSplit): Promise<void> {
  const names = await readdir(folder);
  if (names.includes(split)) return;
  const there = CIFAR_MEMBERS.filter((name) => names.includes(name));
  throw new ClipError(`${folder} has no file "${split}"`, {
    got: there.join(', '),
    hint: 'expected the layout of cifar-100-python.tar.gz: meta, test, train',
  });
}

function readArchive(path: string, split: CifarSplit): Promise<Cifar100> {
  return withFile(path, (source) => whileReading(path, HINT, () => readCifar100Archive(source, split)));
}

function readWhole(path: string): Promise<Uint8Array> {
  return withFile(path, (source) => source.read(0, source.size));
}

async function withFile<T>(
  path: string,
  use: (source: Awaited<ReturnType<typeof openFile>>) => Promise<T>,
): Promise<T> {
  const source = await openFile(path);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
