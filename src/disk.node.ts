// What whoever fetches or builds large files asks the machine first: may I write here, is there room, is this file
// what it should be, does that process still run.
import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { access, mkdir, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ClipError } from './errors.ts';

/**
 * Makes `folder`, with those above it that are missing, and returns the first that it made. Node's own `recursive` never
 * ends where a file system takes no folders, as /proc does.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = resolve(folder); !(await stat(at).catch(() => undefined)); at = dirname(at))
    missing.unshift(at);
  const isThere = async (path: string): Promise<boolean> => (await stat(path)).isDirectory();
  for (const path of missing.length > 0 ? missing : [folder]) {
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || !(await isThere(path))) throw error;
    });
  }
  return missing[0];
}

/** Makes `folder`, with the folders above it, and sees that files can be made in it. */
export async function checkWritable(folder: string, hint: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const got = isFile ? 'a file where a folder is needed' : code;
    throw new ClipError(`nothing can be written to ${folder}`, { got, hint }, { cause: error });
  }
}

/** Throws ClipError where there is a file already: it is somebody's. */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw new ClipError(`${file} is there already`, { hint: 'give another --out' });
}

/** Bytes that this user may still write where `folder` is. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Throws ClipError when fewer than `bytes` of the `free` ones are left. */
export function checkRoom(folder: string, bytes: number, free: number, when: string, hint: string): void {
  if (free >= bytes) return;
  const expected = `${sizeText(bytes)} free ${when}`;
  throw new ClipError(`not enough room in ${folder}`, { expected, got: sizeText(free), hint });
}

/** Such as `353.4 MB`: powers of ten, as disks are sold and rates are told. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${bytes} bytes`;
}

export interface HashOptions {
  algorithm?: 'sha256' | 'md5';
  /** Called with the bytes read so far. */
  onBytes?: ((done: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A file's digest in hexadecimal; reads the file in pieces. */
export async function hashOf(
  path: string,
  { algorithm = 'sha256', ...how }: HashOptions = {},
): Promise<string> {
  const hash = createHash(algorithm);
  await hashInto(hash, path, how);
  return hash.digest('hex');
}

/** Adds a file's content to a hash that goes on; returns its bytes. */
export async function hashInto(hash: Hash, path: string, { onBytes, signal }: HashOptions): Promise<number> {
  let done = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(piece);
    done += piece.length;
    onBytes?.(done);
  }
  return done;
}

/** Whether a process of this machine is there, whoever it belongs to. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `clean` if the process is told to stop, and then lets it stop. Returns what takes that back. */
export function onStop(clean: () => void): () => void {
  const forget = () => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  const stop = (signal: NodeJS.Signals) => {
    clean();
    forget();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return forget;
}
