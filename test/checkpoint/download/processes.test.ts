// Several processes, and what is left of one that was killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../../src/checkpoint/download/lock.node.ts';
import type { PublishedFile } from '../../../src/checkpoint/download/published.node.ts';
import { expectContent, failure, get, left, stallsAfter, testFile, testFolder, until } from './server.ts';

const { server, root, path } = testFolder();

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Another process that fetches; `said` is what it prints. */
function startChild(file: PublishedFile, attempts = 5): { child: ChildProcess; said: Promise<string> } {
  const script = join(import.meta.dirname, 'child.ts');
  const input = JSON.stringify({ file, root: root(), attempts });
  const child = spawn(process.execPath, ['--import', 'tsx', script, input], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  return { child, said: once(child, 'close').then(() => text.trimEnd()) };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** The name of a lock as `process` of `host` would make it. */
function lockName(process: number, host: string = hostname()): string {
  return `.test.pt.lock-${encodeURIComponent(host)}-${process}-0123456789ab`;
}

/** The number of a process that is no more. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid!;
}

test('kill -9 in the middle: the next run takes over the lock and goes on', async () => {
  server.script = [stallsAfter(123_456)];
  const { child, said } = startChild(testFile(server.url()));
  await until(() => sizeOf(path('test.pt.part')) === 123_456);
  child.kill('SIGKILL');
  await said;
  expect(left(root())).toEqual([expect.stringContaining(`-${child.pid}-`), 'test.pt.part']);
  await get(testFile(server.url()), { root: root() });
  expectContent(path());
  expect(server.asked).toEqual([undefined, 123_456]);
  expect(left(root())).toEqual(['test.pt']);
});

test('a second process is told which one is at it; the first is not disturbed', async () => {
  let finish = () => {};
  server.script = [
    (exchange) => {
      stallsAfter(100_000)(exchange);
      finish = () => exchange.response.destroy();
    },
  ];
  const { child, said } = startChild(testFile(server.url()));
  await until(() => sizeOf(path('test.pt.part')) === 100_000);
  expect(await failure(get(testFile(server.url()), { root: root() }))).toMatch(
    new RegExp(`Test/1 is being fetched by another process already: got process ${child.pid} \\(wait for it`),
  );
  expect(server.asked).toHaveLength(1);
  finish();
  expect(await said).toBe(path());
  expectContent(path());
  expect(left(root())).toEqual(['test.pt']);
});

test('four processes at once: one fetches, and the others say so or find it done', async () => {
  const all = Array.from({ length: 4 }, () => startChild(testFile(server.url())));
  const said = await Promise.all(all.map((one) => one.said));
  expect(said.filter((line) => line !== path() && !line.includes('by another process already'))).toEqual([]);
  expect(said).toContain(path());
  expect(server.asked).toEqual([undefined]);
  expectContent(path());
  expect(left(root())).toEqual(['test.pt']);
});

describe('the lock', () => {
  test('of twenty who ask at once, one gets it', async () => {
    mkdirSync(root());
    for (let round = 0; round < 20; round++) {
      const asked = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path(), 'Test/1')));
      const got = asked.filter((one) => one.status === 'fulfilled');
      expect(got).toHaveLength(1);
      expect(left(root())).toHaveLength(1);
      await got[0]!.value();
      expect(left(root())).toEqual([]);
    }
  });

  test('is one for each file', async () => {
    mkdirSync(root());
    await takeLock(path('a.pt'), 'a');
    await takeLock(path('b.pt'), 'b');
    await expect(takeLock(path('a.pt'), 'a')).rejects.toThrow(/a is being fetched/);
  });

  test('of a process that has ended is removed', async () => {
    mkdirSync(root());
    writeFileSync(path(lockName(await endedProcess())), 'held');
    await takeLock(path(), 'Test/1');
    expect(left(root())).toEqual([expect.stringContaining(`-${process.pid}-`)]);
  });

  test('of this process’s number, from before it was started, is removed', async () => {
    mkdirSync(root());
    writeFileSync(path(lockName(process.pid)), 'held');
    utimesSync(path(lockName(process.pid)), 1e9, 1e9);
    await takeLock(path(), 'Test/1');
    expect(left(root())).toHaveLength(1);
  });

  test('of another machine is believed, and the error says which file to remove', async () => {
    mkdirSync(root());
    const number = await endedProcess(); // here it has ended
    const theirs = lockName(number, 'far/away');
    writeFileSync(path(theirs), 'held');
    expect(await failure(takeLock(path(), 'Test/1'))).toBe(
      `Test/1 is being fetched by another process already: got process ${number} on far/away ` +
        `(wait for it; if that is no clip-tfjs, remove ${path(theirs)})`,
    );
    expect(left(root())).toEqual([theirs]);
  });

  test('other files with such names are nobody’s lock', async () => {
    mkdirSync(root());
    for (const name of ['.test.pt.lock-', '.test.pt.lock-x-y-z', 'test.pt.lock-a-1-0123456789ab']) {
      writeFileSync(path(name), '');
    }
    await takeLock(path(), 'Test/1');
    expect(left(root())).toHaveLength(4);
  });
});
