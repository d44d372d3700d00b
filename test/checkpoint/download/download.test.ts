// What a user meets: the file is there, is there already, or is not what it should be.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  CONTENT,
  expectContent,
  failure,
  get,
  head,
  honest,
  left,
  SIZE,
  stallsAfter,
  testFile,
  testFolder,
  until,
} from './server.ts';

const { server, root, path } = testFolder();
const sha256 = createHash('sha256').update(CONTENT).digest('hex');

describe('nothing there', () => {
  test('it is fetched, and nothing else is left', async () => {
    const result = await get(testFile(server.url()), { root: root() });
    expect(result).toEqual({
      ...{ name: 'Test/1', path: path(), bytes: SIZE, fetched: true },
      digest: { algorithm: 'sha256', hex: sha256 },
    });
    expectContent(path());
    expect(left(root())).toEqual(['test.pt']);
    expect(server.asked).toEqual([undefined]);
  });

  test('checked by md5 where that is what is known', async () => {
    const hex = createHash('md5').update(CONTENT).digest('hex');
    const file = testFile(server.url(), { digest: { algorithm: 'md5', hex } });
    expect(await get(file, { root: root() })).toMatchObject({ fetched: true, digest: { hex } });
  });

  test('the folder is made, with those above it; a relative one is from here', async () => {
    const deep = join(root(), 'a/b');
    expect((await get(testFile(server.url()), { root: deep })).path).toBe(join(deep, 'test.pt'));
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(root());
    expect((await get(testFile(server.url()), { root: 'a/b' })).fetched).toBe(false);
    cwd.mockRestore();
  });

  test('progress rises from 0 to all of it; a note says from where', async () => {
    const seen: [number, number, string][] = [];
    const notes: string[] = [];
    const onProgress = (...step: [number, number, string]) => seen.push(step);
    await get(testFile(server.url()), { root: root(), onProgress, onNote: (line) => notes.push(line) });
    expect(seen[0]).toEqual([0, SIZE, 'fetching']);
    expect(seen.at(-1)).toEqual([SIZE, SIZE, 'fetching']);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
    expect(notes).toEqual([`fetching Test/1 from ${server.url()}: about 0.3 MB`]);
  });
});

describe('something there', () => {
  test('the right file: checked, and no network', async () => {
    mkdirSync(root());
    writeFileSync(path(), CONTENT);
    const seen: unknown[] = [];
    const onProgress = (...step: unknown[]) => seen.push(step);
    const result = await get(testFile(server.url()), { root: root(), onProgress });
    expect(result).toMatchObject({ path: path(), bytes: SIZE, fetched: false });
    expect(seen.at(-1)).toEqual([SIZE, SIZE, 'checking']);
    expect(server.asked).toEqual([]);
  });

  test('another file is left as it is, and nothing is fetched', async () => {
    mkdirSync(root());
    writeFileSync(path(), 'mine');
    const message = await failure(get(testFile(server.url()), { root: root() }));
    const got = createHash('sha256').update('mine').digest('hex');
    expect(message).toContain(`${path()} is not Test/1: expected sha256 ${sha256}, got ${got}, 4 bytes`);
    expect(message).toContain('move it away');
    expect(readFileSync(path(), 'utf8')).toBe('mine');
    expect([left(root()), server.asked]).toEqual([['test.pt'], []]);
  });

  test.each([
    ['a folder', () => mkdirSync(path()), /test\.pt: expected a file, or nothing, got a folder/],
    ['a link to nothing', () => symlinkSync('nowhere', path()), /got a link to nothing/],
    [
      'a folder for the part',
      () => mkdirSync(path('test.pt.part')),
      /part: expected a file, .* got a folder/,
    ],
  ])('%s', async (_, make, message) => {
    mkdirSync(root());
    make();
    expect(await failure(get(testFile(server.url()), { root: root() }))).toMatch(message);
    expect(server.asked).toEqual([]);
  });

  test('a file where the folder should be', async () => {
    writeFileSync(root(), 'mine');
    for (const folder of [root(), join(root(), 'deeper')]) {
      const message = await failure(get(testFile(server.url()), { root: folder }));
      expect(message).toMatch(
        /nothing can be written to .*: got a file where a folder is needed .*--root DIR/,
      );
    }
  });

  test.skipIf(process.getuid?.() === 0)('a folder of someone else', async () => {
    mkdirSync(root());
    chmodSync(root(), 0o555);
    expect(await failure(get(testFile(server.url()), { root: root() }))).toMatch(
      /nothing can be written .*EACCES/,
    );
  });
});

describe('something comes there meanwhile', () => {
  const meanwhile = (bytes: Buffer | string) => {
    server.always = (exchange) => {
      writeFileSync(path(), bytes);
      return honest(exchange);
    };
  };

  test('the right file', async () => {
    meanwhile(CONTENT);
    expect(await get(testFile(server.url()), { root: root() })).toMatchObject({
      fetched: false,
      bytes: SIZE,
    });
    expect(left(root())).toEqual(['test.pt']);
  });

  test('another file, which is left as it is', async () => {
    meanwhile('theirs');
    expect(await failure(get(testFile(server.url()), { root: root() }))).toMatch(/test\.pt is not Test\/1/);
    expect(readFileSync(path(), 'utf8')).toBe('theirs');
  });
});

describe('room on the disk', () => {
  test('none: nothing is asked for', async () => {
    const freeBytes = async () => SIZE - 1;
    const message = await failure(get(testFile(server.url()), { root: root() }, { freeBytes }));
    expect(message).toMatch(
      /not enough room in .*: expected 0\.3 MB free for the rest of Test\/1, got 0\.3 MB/,
    );
    expect([left(root()), server.asked]).toEqual([[], []]);
  });

  test('only what is missing counts', async () => {
    mkdirSync(root());
    writeFileSync(path('test.pt.part'), CONTENT.subarray(0, 200_000));
    const message = await failure(
      get(testFile(server.url()), { root: root() }, { freeBytes: async () => 99_999 }),
    );
    expect(message).toMatch(/not enough room/);
    await get(testFile(server.url()), { root: root() }, { freeBytes: async () => 100_000 });
    expect(server.asked).toEqual([200_000]);
  });

  test('the server announces more than was thought', async () => {
    server.always = (exchange) => {
      head(exchange, { 'content-length': SIZE + 1000 });
      exchange.response.write(CONTENT);
    };
    const freeBytes = async () => SIZE + 500;
    expect(await failure(get(testFile(server.url()), { root: root() }, { freeBytes }))).toMatch(
      /not enough room/,
    );
    expect(left(root())).toEqual([]);
  });
});

test('a signal stops it; what has arrived is kept, and the lock given back', async () => {
  server.script = [stallsAfter(100_000)];
  const stop = new AbortController();
  const reason = new Error('enough');
  const onProgress = (done: number) => done === 100_000 && stop.abort(reason);
  const stopped = get(testFile(server.url()), { root: root(), onProgress, signal: stop.signal });
  await expect(stopped).rejects.toBe(reason);
  expect(left(root())).toEqual(['test.pt.part']);
  await get(testFile(server.url()), { root: root() });
  expect(server.asked).toEqual([undefined, 100_000]);
});

test('a signal stops it while it waits for the first answer', async () => {
  server.always = () => undefined;
  const stop = new AbortController();
  const stopped = get(testFile(server.url()), { root: root(), signal: stop.signal }, { idleMs: 60_000 });
  await until(() => server.asked.length === 1);
  stop.abort(new Error('enough'));
  await expect(stopped).rejects.toThrow('enough');
  expect(left(root())).toEqual([]);
});
