// A published file by its name, on this disk and with the right digest: `downloadPublished('ViT-B/32')`.
import { lstat, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkWritable, hashOf, sizeText } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { type FetchSettings, fetchPart, PATIENT } from './fetch-part.node.ts';
import { takeLock } from './lock.node.ts';
import { PartFile } from './part-file.node.ts';
import { type Digest, type PublishedFile, publishedFile } from './published.node.ts';

export interface DownloadOptions {
  /** The folder for it, made if it is not there. Default: where Python's code keeps it, `~/.cache/clip` or `~/.cache`. */
  root?: string | undefined;
  /** Called with bytes done, of so many: those checked of a file that is there, or those of the file that have arrived. */
  onProgress?: ((done: number, total: number, phase: 'checking' | 'fetching') => void) | undefined;
  /** Called with what the user should know on the way, in one line: from where, and why it is asked again. */
  onNote?: ((line: string) => void) | undefined;
  /** Stops it; what has arrived is kept. */
  signal?: AbortSignal | undefined;
}

export interface Downloaded {
  name: string;
  path: string;
  bytes: number;
  digest: Digest;
  /** False where it was there. */
  fetched: boolean;
}

/**
 * Fetches one of OpenAI's nine models by its name, or `cifar100`, unless it is there already; either way its digest is
 * right when this returns. What a broken run has left is gone on from; no file is overwritten. Throws ClipError for
 * another name, another file in its place, no room, no network, a second process that fetches it, a wrong digest.
 */
export async function downloadPublished(name: string, options: DownloadOptions = {}): Promise<Downloaded> {
  return download(publishedFile(name), options);
}

/** The same for a file from anywhere. */
export async function download(
  file: PublishedFile,
  { root = file.folder, onProgress, onNote, signal }: DownloadOptions,
  settings: FetchSettings = PATIENT,
): Promise<Downloaded> {
  const { algorithm } = file.digest;
  const target = join(resolve(root), file.file);
  const checking = (total: number) => ({
    ...{ algorithm, signal },
    onBytes: (done: number) => onProgress?.(done, total, 'checking'),
  });
  const result = (bytes: number, fetched: boolean): Downloaded => {
    return { name: file.name, path: target, bytes, digest: file.digest, fetched };
  };

  /** The file's bytes, where it is there and right; undefined where nothing is there. */
  async function lookThere(): Promise<number | undefined> {
    const size = await sizeOf(target);
    if (size === undefined) return undefined;
    const got = await hashOf(target, checking(size));
    if (got === file.digest.hex) return size;
    throw new ClipError(`${target} is not ${file.name}`, {
      expected: `${algorithm} ${file.digest.hex}`,
      got: `${got}, ${size} bytes`,
      hint: 'it was left as it is: move it away, unless another program is still fetching it',
    });
  }

  const there = await lookThere();
  if (there !== undefined) return result(there, false);
  await checkWritable(dirname(target), `clip-tfjs download ${file.name} --root DIR puts it elsewhere`);
  const release = await takeLock(target, file.name);
  try {
    const since = await lookThere(); // while the lock was another's
    if (since !== undefined) return result(since, false);
    const part = await PartFile.open(target, checking(file.bytes.about));
    try {
      const from = part.size > 0 ? `, ${sizeText(part.size)} are here` : '';
      onNote?.(`fetching ${file.name} from ${file.url}: about ${sizeText(file.bytes.about)}${from}`);
      const onBytes = (done: number, total: number) => onProgress?.(done, total, 'fetching');
      await fetchPart(part, file, target, settings, { onBytes, onNote, signal });
      if (await part.finish()) return result(part.size, true);
      const other = await lookThere(); // another program has put a file there
      await part.remove();
      return result(other ?? part.size, false);
    } finally {
      await (part.size > 0 ? part.close() : part.remove());
    }
  } finally {
    await release();
  }
}

/** Undefined where nothing is there. Throws ClipError for what is no file. */
async function sizeOf(path: string): Promise<number | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return info.size;
  if (!(await lstat(path).catch(() => undefined))) return undefined;
  const got =
    info === undefined ? 'a link to nothing' : info.isDirectory() ? 'a folder' : 'a device or a pipe';
  throw new ClipError(path, { expected: 'a file, or nothing', got, hint: 'move it away' });
}
