// Folders that are whole or not there: filled under a temporary name, listed with every file's hash, then renamed.
import { rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashOf, isRunning, onStop } from '../../disk.node.ts';
import { stopPrograms } from './run.node.ts';

const MANIFEST = 'clip-tfjs.json'; // its presence also says that the folder is ours to remove

interface Manifest {
  /** What the folder was made from. */
  of: string;
  /** sha256 in hexadecimal, by path inside the folder. */
  files: Record<string, string>;
}

/** Whether `folder` was made from `of` and every file in it is still what it was. */
export async function isWhole(folder: string, of: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (manifest?.of !== of) return false;
  for (const [path, sha256] of Object.entries(manifest.files)) {
    if ((await hashOf(join(folder, path)).catch(() => '')) !== sha256) return false;
  }
  return true;
}

/** Whether this program made `folder`, whole or not. */
export async function isOurs(folder: string): Promise<boolean> {
  return (await readManifest(folder)) !== undefined;
}

/**
 * Makes `target` by `fill`, which writes into the folder it is given and may use the second one for what need not
 * stay. Whatever goes wrong, or when the process is told to stop, both are removed and `target` is as it was. `onBegin` is
 * told whether an earlier attempt was cut off in the middle: what it had is gone.
 */
export async function makeWhole(
  target: string,
  of: string,
  fill: (folder: string, scratch: string) => Promise<void>,
  onBegin?: (again: boolean) => void,
): Promise<void> {
  onBegin?.(await sweep(target));
  const work = await mkdtemp(`${temporaryPrefix(target)}${process.pid}-`);
  const forget = onStop(() => {
    stopPrograms();
    rmSync(work, { recursive: true, force: true });
  });
  try {
    const folder = join(work, 'new');
    const scratch = join(work, 'scratch');
    await Promise.all([mkdir(folder), mkdir(scratch)]);
    await fill(folder, scratch);
    await writeManifest(folder, of);
    await exchange(folder, target, join(work, 'old'));
  } finally {
    forget();
    await rm(work, { recursive: true, force: true });
  }
}

/** Puts `folder` where `target` is, and that at `old`; puts it back if it cannot. */
async function exchange(folder: string, target: string, old: string): Promise<void> {
  const wasThere = await rename(target, old).then(
    () => true,
    () => false, // nothing there; where it cannot be moved, the next line fails and says so
  );
  await rename(folder, target).catch(async (error) => {
    if (wasThere) await rename(old, target);
    throw error;
  });
}

async function writeManifest(folder: string, of: string): Promise<void> {
  const files: Manifest['files'] = {};
  for (const path of await readdir(folder, { recursive: true })) {
    const file = join(folder, path);
    if ((await lstat(file)).isFile()) files[path] = await hashOf(file);
  }
  await writeFile(join(folder, MANIFEST), JSON.stringify({ of, files } satisfies Manifest));
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
  } catch {
    return undefined;
  }
}

function temporaryPrefix(target: string): string {
  return join(dirname(target), `.${basename(target)}-`);
}

/** Removes what processes that no longer run have left, and returns whether there was something. */
async function sweep(target: string): Promise<boolean> {
  let isLeft = false;
  const prefix = basename(temporaryPrefix(target));
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(prefix) && Number(name.slice(prefix.length).split('-')[0]);
    if (!pid || isRunning(pid)) continue;
    isLeft = true;
    await rm(join(dirname(target), name), { recursive: true, force: true });
  }
  return isLeft;
}
