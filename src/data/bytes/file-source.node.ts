// A file on disk as a ByteSource: read by range through one handle, never whole.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ClipError } from '../../errors.ts';
import { type ByteSource, checkRange } from './byte-source.ts';

/** An open file. Whoever opened it calls `close`. */
export interface FileSource extends ByteSource {
  readonly name: string;
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
    const info = await handle.stat();
    if (info.isDirectory()) {
      throw new ClipError(path, { expected: 'a file', got: 'a folder', hint: 'name a file inside it' });
    }
    if (!info.isFile()) throw new ClipError(path, { expected: 'a file', got: 'a device or a pipe' });
    if (info.size === 0) {
      throw new ClipError(path, { expected: 'a file with content', got: '0 bytes', hint: 'fetch it again' });
    }
    return fileSource(handle, info.size, basename(path));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function fileSource(handle: FileHandle, size: number, name: string): FileSource {
  return {
    size,
    name,
    async read(start, end, into) {
      checkRange(start, end, size, name);
      const length = end - start;
      const bytes = into && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const wanted = Math.min(length - done, LARGEST_READ);
        const { bytesRead } = await handle.read(bytes, done, wanted, start + done);
        if (bytesRead === 0) {
          throw new ClipError(`${name}: the file became shorter while it was read`, {
            expected: `${size} bytes`,
            got: `${start + done}`,
          });
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
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
