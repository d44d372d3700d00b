// A file on disk as a ByteSource: read by range through one handle, never whole.
import { type BigIntStats, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ClipError } from '../../errors.ts';
import { type ByteSource, checkRange } from './byte-source.ts';

/**
 * An open file. Whoever opened it calls `close`. Every `read` throws if the file was written to since it was opened, so
 * that nothing is made of two files. Another file under its name is no change: the one that was opened is read on.
 */
export interface FileSource extends ByteSource {
  readonly name: string;
  /** Throws a ClipError if the file was written to since it was opened, as `read` does by itself. */
  checkUnchanged(): void;
  close(): Promise<void>;
}

/** One read of the operating system is asked for at most this much; Node refuses 2 GiB. */
const LARGEST_READ = 2 ** 30;

/** Opens a file. Errors: missing, not readable, a folder (or anything else that is no regular file), empty. */
export async function openFile(path: string): Promise<FileSource> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw openError(path, error);
  });
  try {
    const info = await handle.stat({ bigint: true }); // times to the nanosecond
    if (info.isDirectory()) {
      throw new ClipError(path, { expected: 'a file', got: 'a folder', hint: 'name a file inside it' });
    }
    if (!info.isFile()) throw new ClipError(path, { expected: 'a file', got: 'a device or a pipe' });
    if (info.size === 0n) {
      throw new ClipError(path, { expected: 'a file with content', got: '0 bytes', hint: 'fetch it again' });
    }
    return fileSource(handle, info, basename(path));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function fileSource(handle: FileHandle, opened: BigIntStats, name: string): FileSource {
  const size = Number(opened.size);
  const checkUnchanged = () => {
    const now = fstatSync(handle.fd, { bigint: true }); // 1 µs; as a promise it would take twice what a small read takes
    if (now.size === opened.size && now.mtimeNs === opened.mtimeNs) return;
    const facts = (info: BigIntStats) =>
      now.size === opened.size ? `written ${info.mtime.toISOString()}` : `${info.size} bytes`;
    throw new ClipError(
      `${name}: the file ${now.size < opened.size ? 'became shorter' : 'changed'} while it was read`,
      { expected: facts(opened), got: facts(now), hint: 'read it again once nothing writes to it' },
    );
  };
  return {
    size,
    name,
    async read(start, end, into) {
      checkRange(start, end, size, name);
      const length = end - start;
      const bytes = into && into.length >= length ? into.subarray(0, length) : allocate(length, name);
      for (let done = 0; done < length; ) {
        const wanted = Math.min(length - done, LARGEST_READ);
        const { bytesRead } = await handle.read(bytes, done, wanted, start + done);
        if (bytesRead === 0) {
          checkUnchanged();
          throw new ClipError(`${name}: the file ends before its size`, {
            expected: size,
            got: start + done,
          });
        }
        done += bytesRead;
      }
      checkUnchanged();
      return bytes;
    },
    checkUnchanged,
    close: () => handle.close(),
  };
}

function allocate(length: number, name: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new ClipError(
      `${name}: a part that is larger than memory`,
      { got: `${length} bytes` },
      { cause: error },
    );
  }
}

function openError(path: string, error: NodeJS.ErrnoException): ClipError {
  const reasons: Record<string, string> = {
    ENOENT: 'no such file',
    ENOTDIR: 'no such file',
    EACCES: 'no permission to read it',
    EPERM: 'no permission to read it',
    EISDIR: 'a folder',
    EMFILE: 'too many open files',
  };
  return new ClipError(
    path,
    { expected: 'a readable file', got: reasons[error.code ?? ''] ?? error.message },
    { cause: error },
  );
}
