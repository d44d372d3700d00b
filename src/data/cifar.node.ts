// CIFAR-100 from a path: the folder, the folder above it, or the archive as it is downloaded.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClipError, whileReading } from '../errors.ts';
import { openFile } from './bytes/file-source.node.ts';
import { type Cifar100, type CifarSplit, parseCifar100, readCifar100Archive } from './cifar.ts';

const HINT = 'the file is damaged or no CIFAR-100: fetch it again';

/**
 * Reads one split of CIFAR-100 or a data set in its layout. `path`: `cifar-100-python/` (or a folder that has it), or
 * `cifar-100-python.tar.gz`. Errors: nothing there, no such member, a damaged file, counts that do not agree.
 */
export async function openCifar100(path: string, split: CifarSplit = 'test'): Promise<Cifar100> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isDirectory()) {
    return withFile(path, (source) => whileReading(path, HINT, () => readCifar100Archive(source, split)));
  }

  const folders = [path, join(path, 'cifar-100-python')];
  for (const folder of folders) {
    if (!(await stat(join(folder, 'meta')).catch(() => undefined))) continue;
    const meta = await readWhole(join(folder, 'meta'));
    const pictures = await readWhole(join(folder, split));
    return whileReading(folder, HINT, () => parseCifar100(meta, pictures, split));
  }
  throw new ClipError(`${path} has no CIFAR-100`, {
    expected: 'the files meta, test and train',
    hint: 'name the folder cifar-100-python, or cifar-100-python.tar.gz',
  });
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
