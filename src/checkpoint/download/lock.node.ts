// One process at a time, with nothing left to clean up by hand when one is killed.
//
// Everyone who wants the lock puts a file of their own beside the target and only then looks for the others': of two
// who race, at least the later one sees the earlier, so never both go on. A name holds machine and process; a file
// whose process has ended is removed by whoever sees it, and since no two names are equal, nobody ever removes
// another's. npm's lock libraries cannot say which process it is, and wait for a clock before a dead one's lock is free.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotWrite } from '../../data/bytes/write-file.node.ts';
import { isRunning } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';

const HELD = 'held'; // the content of the holder's file; an empty one only asks
const LOOKS = 100; // at files that only ask, 20 ms apart: they soon hold, or are gone

interface Other {
  path: string;
  process: string;
  isHolder: boolean;
}

/**
 * Takes the lock of a file, which is being `doing`, and returns what gives it back. Throws ClipError, naming the process that
 * has it.
 */
export async function takeLock(
  target: string,
  what: string,
  doing: string = 'fetched',
): Promise<() => Promise<void>> {
  const prefix = `.${basename(target)}.lock-`;
  const host = encodeURIComponent(hostname());
  const own = join(dirname(target), `${prefix}${host}-${process.pid}-${randomBytes(6).toString('hex')}`);
  const release = () => rm(own, { force: true });
  await write(own, '');
  try {
    for (let look = 0; ; look++) {
      const others = await findOthers(own, prefix, host);
      if (others.length === 0) break;
      // Of those who only ask, the first by name goes on and the rest give way.
      const before = others.find(({ path, isHolder }) => isHolder || path < own || look === LOOKS);
      if (before) throw taken(what, doing, before);
      await sleep(20);
    }
    await write(own, HELD);
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

async function findOthers(own: string, prefix: string, host: string): Promise<Other[]> {
  const others: Other[] = [];
  const folder = dirname(own);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const [, where, pid] =
      (name.startsWith(prefix) && /^(.*)-(\d+)-[0-9a-f]{12}$/.exec(name.slice(prefix.length))) || [];
    if (where === undefined || path === own) continue;
    if (where === host && (await isLeft(path, Number(pid)))) {
      await rm(path, { force: true });
      continue;
    }
    const content = await readFile(path, 'utf8').catch(() => undefined);
    if (content === undefined) continue; // given back since
    const process = `process ${pid}${where === host ? '' : ` on ${decodeURIComponent(where)}`}`;
    others.push({ path, process, isHolder: content === HELD });
  }
  return others;
}

/** Whether a lock's process has ended: in a restarted container, the one that now has its number is this one. */
async function isLeft(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isRunning(pid);
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && info.mtimeMs < Date.now() - process.uptime() * 1000;
}

function taken(what: string, doing: string, { path, process }: Other): ClipError {
  return new ClipError(`${what} is being ${doing} by another process already`, {
    got: process,
    hint: `wait for it; if that is no clip-tfjs, remove ${path}`,
  });
}

async function write(path: string, content: string): Promise<void> {
  await writeFile(path, content).catch((error: Error) => {
    throw cannotWrite(path, error);
  });
}
