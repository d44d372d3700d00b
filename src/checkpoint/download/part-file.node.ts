// NAME.part: what has arrived of a file, hashed as it comes; the next run goes on where this one was stopped, however
// that was. It becomes NAME only when its digest is right.
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cannotWrite, syncFolder } from '../../data/bytes/write-file.node.ts';
import { type HashOptions, hashInto } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';

export class PartFile {
  readonly path: string;
  readonly #target: string;
  readonly #algorithm: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  /** Bytes that are there. */
  size = 0;

  private constructor(target: string, algorithm: string, handle: FileHandle) {
    this.path = partPath(target);
    this.#target = target;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
    this.#handle = handle;
  }

  /** Opens what there is of `target`, or starts it. What is there is hashed first. */
  static async open(target: string, { algorithm = 'sha256', ...how }: HashOptions): Promise<PartFile> {
    const path = partPath(target);
    const info = await stat(path).catch(() => undefined);
    if (info && !info.isFile()) {
      throw new ClipError(path, {
        expected: 'a file, or nothing',
        got: 'a folder or a device',
        hint: 'move it away',
      });
    }
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644).catch((error: Error) => {
      throw cannotWrite(path, error);
    });
    const part = new PartFile(target, algorithm, handle);
    try {
      part.size = await hashInto(part.#hash, path, how);
      return part;
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  /** The digest of what is there, in hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Adds bytes at the end. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    for (let done = 0; done < bytes.length; ) {
      const written = this.#handle.write(bytes, done, bytes.length - done, this.size);
      const { bytesWritten } = await written.catch((error: Error) => {
        throw cannotWrite(this.path, error);
      });
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  /** Drops what is there. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash(this.#algorithm);
    this.size = 0;
  }

  /** Makes it the target, all at once. False where one has come there meanwhile: that is left alone. */
  async finish(): Promise<boolean> {
    await this.#handle.sync();
    await this.close();
    try {
      await link(this.path, this.#target); // unlike a rename, never in place of a file that is there
      await rm(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      await rename(this.path, this.#target); // a file system without links
    }
    await syncFolder(dirname(this.#target));
    return true;
  }

  /** Drops the file too. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.#handle.close(); // more than once is fine
  }
}

export function partPath(target: string): string {
  return `${target}.part`;
}
