// Transfers that break, and servers that do not send the bytes that were asked for: it is gone on, or begun again.
import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Behaviour,
  breaksAfter,
  CONTENT,
  expectContent,
  fetching,
  get,
  honest,
  SIZE,
  status,
  testFile,
  testFolder,
} from './server.ts';

const folder = testFolder();
const { server, root, path } = folder;
const { arrives, fails, leaveBefore } = fetching(folder);

describe('breaks off', () => {
  test.each([[1], [1000], [65_536], [SIZE - 1]])('after %i bytes: gone on from there', async (count) => {
    server.script = [breaksAfter(count)];
    const notes = await arrives();
    expect(server.asked).toEqual([undefined, count]);
    expect(notes).toEqual([
      expect.stringMatching(/^the connection broke: .* asked again in 0 s, attempt 1 of 3$/),
    ]);
  });

  test('before the first byte, and before the headers', async () => {
    server.script = [breaksAfter(0), ({ request }) => void request.socket.destroy()];
    await arrives();
    expect(server.asked).toEqual([undefined, undefined, undefined]);
  });

  test('again and again, but each time further: never given up', async () => {
    server.always = breaksAfter(30_000);
    await arrives();
    expect(server.asked).toEqual([undefined, ...Array.from({ length: 9 }, (_, i) => (i + 1) * 30_000)]);
  });

  test('without end and no further: given up after three, and what is there is kept', async () => {
    server.script = [breaksAfter(120_000)];
    server.always = breaksAfter(0);
    expect(await fails()).toMatch(/Test\/1: 3 attempts brought nothing more from .*0\.1 MB are kept/);
    expect(server.asked).toEqual([undefined, 120_000, 120_000, 120_000]);
    expect(statSync(path('test.pt.part')).size).toBe(120_000);
  });

  test('a body without a length that ends with its connection', async () => {
    server.script = [
      ({ request }) => {
        request.socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
        request.socket.end(CONTENT.subarray(0, 50_000));
      },
    ];
    await arrives();
    expect(server.asked).toEqual([undefined, 50_000]);
  });
});

describe('ranges', () => {
  test('ignored: begun again', async () => {
    server.script = [breaksAfter(100_000), (exchange) => honest({ ...exchange, from: 0, isPart: false })];
    await arrives();
    expect(server.asked).toEqual([undefined, 100_000]);
  });

  test('ignored by a server that always breaks at the same byte: given up', async () => {
    server.always = (exchange) => breaksAfter(100_000)({ ...exchange, from: 0, isPart: false });
    expect(await fails()).toMatch(/3 attempts brought nothing more/);
    expect(server.asked).toEqual([undefined, 100_000, 100_000, 100_000]);
  });

  test('ignored by a server that breaks now here, now there: given up', async () => {
    const whole = (count: number): Behaviour => {
      return (exchange) => breaksAfter(count)({ ...exchange, from: 0, isPart: false });
    };
    server.script = [whole(100_000), whole(50_000), whole(100_000), whole(50_000)];
    expect(await fails()).toMatch(/3 attempts brought nothing more/);
    expect(server.asked).toEqual([undefined, 100_000, 50_000, 100_000]);
  });

  const wrongRanges: [string, string | undefined][] = [
    ['from an earlier byte', `bytes 90000-${SIZE - 1}/${SIZE}`],
    ['from a later byte', `bytes 110000-${SIZE - 1}/${SIZE}`],
    ['that is none', 'bytes all of them'],
    ['that is missing', undefined],
  ];
  test.each(wrongRanges)('a Content-Range %s: nothing of it is kept', async (_, range) => {
    const wrong: Behaviour = ({ response }) => {
      response.writeHead(206, range ? { 'content-range': range } : {}).end(Buffer.alloc(200_000));
    };
    server.script = [breaksAfter(100_000), wrong];
    await arrives();
    expect(server.asked).toEqual([undefined, 100_000, undefined]);
  });

  test('a part from the start where another was asked for is the file anew', async () => {
    server.script = [breaksAfter(100_000), (exchange) => honest({ ...exchange, from: 0 })];
    await arrives();
    expect(server.asked).toEqual([undefined, 100_000]);
  });

  test('a server that gives 70,000 bytes at a time', async () => {
    server.always = ({ response, from }) => {
      const end = Math.min(from + 70_000, SIZE);
      response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${SIZE}` });
      response.end(CONTENT.subarray(from, end));
    };
    expect(await arrives({ attempts: 1 })).toEqual([]);
    expect(server.asked).toEqual([undefined, 70_000, 140_000, 210_000, 280_000]);
  });

  test('no such byte: what is there is dropped once the whole file comes', async () => {
    leaveBefore(Buffer.concat([CONTENT, CONTENT.subarray(0, 10)]));
    server.script = [status(416, { 'content-range': `bytes */${SIZE}` })];
    await arrives();
    expect(server.asked).toEqual([SIZE + 10, undefined]);
  });

  test('no such byte, always: given up', async () => {
    leaveBefore(CONTENT.subarray(0, 10));
    server.always = status(416);
    expect(await fails()).toMatch(/3 attempts .* got the server has no byte 0/);
  });
});

describe('what an earlier run has left', () => {
  test('a part: gone on from, and said so', async () => {
    leaveBefore(CONTENT.subarray(0, 123_456));
    const notes: string[] = [];
    await get(testFile(server.url()), { root: root(), onNote: (line) => notes.push(line) });
    expectContent(path());
    expect(server.asked).toEqual([123_456]);
    expect(notes).toEqual([`fetching Test/1 from ${server.url()}: about 0.3 MB, 0.1 MB are here`]);
  });

  test('the whole: nothing is asked for', async () => {
    leaveBefore(CONTENT);
    await arrives({ freeBytes: async () => 0 });
    expect(server.asked).toEqual([]);
  });

  test('more than the file can have: dropped', async () => {
    leaveBefore(Buffer.alloc(SIZE * 2 + 1));
    await arrives();
    expect(server.asked).toEqual([undefined]);
  });

  test('something else: found out at the end, and fetched once more', async () => {
    leaveBefore(Buffer.alloc(100_000, 7));
    const notes = await arrives();
    expect(server.asked).toEqual([100_000, undefined]);
    expect(notes).toEqual([expect.stringContaining('fetched once more from the start')]);
  });
});
