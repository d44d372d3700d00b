// Files that are whole or not there: written under a temporary name in the same folder, flushed to the disk, renamed.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ClipError } from '../../errors.ts';

/**
 * Writes bytes, or chunks of them one after another, to `path`, replacing a file that is there. When anything fails,
 * the temporary file is removed and the old file is as it was. Each chunk is written before the next is asked for.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const chunks = content instanceof Uint8Array ? [content] : content;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(temporary, 'wx').catch((error: Error) => {
    throw cannotWrite(path, error);
  });
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk).catch((error: Error) => {
        throw cannotWrite(path, error);
      });
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, path).catch((error: Error) => {
      throw cannotWrite(path, error);
    });
    await syncFolder(dirname(path));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes the rename itself last. Some file systems cannot open a folder; the file is whole there all the same. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** In one line, what an error of the file system means for a file that was to be written. */
export function cannotWrite(path: string, error: Error): ClipError {
  return new ClipError(
    `${path} cannot be written: ${error.message}`,
    { hint: 'is the folder there, is it yours, is there room on the disk?' },
    { cause: error },
  );
}
