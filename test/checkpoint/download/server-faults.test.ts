// Servers that send wrong bytes, lie about lengths, stall, answer otherwise: the file comes, or an error says why not.
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type Behaviour,
  breaksAfter,
  CONTENT,
  failure,
  fetching,
  get,
  head,
  honest,
  left,
  SIZE,
  spoil,
  stallsAfter,
  status,
  testFile,
  testFolder,
} from './server.ts';

const folder = testFolder();
const { server, root, path } = folder;
const { arrives, fails, leaveBefore } = fetching(folder);

describe('a wrong byte', () => {
  test('in one of two pieces: fetched once more', async () => {
    server.script = [breaksAfter(100_000, spoil)];
    await arrives();
    expect(server.asked).toEqual([undefined, 100_000, undefined]);
  });

  const wrong: Behaviour = (exchange) => {
    head(exchange);
    exchange.response.end(spoil(Buffer.from(CONTENT)).subarray(exchange.from));
  };
  test('always: an error with both digests, and nothing is kept', async () => {
    server.always = wrong;
    expect(await fails()).toMatch(
      /sends another file than Test\/1: expected sha256 \w{64}, got \w{64}, 300000 bytes/,
    );
    expect([server.asked, left(root())]).toEqual([[undefined], []]);
  });

  test('always, in pieces: fetched once more, and not twice', async () => {
    server.script = [breaksAfter(200_000, spoil), wrong, breaksAfter(250_000, spoil), wrong];
    expect(await fails()).toMatch(/sends another file/);
    expect([server.asked, left(root())]).toEqual([[undefined, 200_000, undefined, 250_000], []]);
  });
});

describe('lies about the length', () => {
  const announces = (length: number | string, sent = CONTENT, open = false): Behaviour => {
    return ({ request: { socket } }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(sent, () => open || socket.end());
    };
  };

  test('less than there is: a short body is not taken for the file', async () => {
    server.always = announces(100_000, CONTENT.subarray(0, 100_000));
    expect(await fails()).toMatch(/sends another file than Test\/1: .* 100000 bytes/);
    expect(left(root())).toEqual([]);
  });

  test('more than there is: the digest decides', async () => {
    server.always = announces(SIZE + 5000);
    expect(await arrives()).toEqual([]);
    expect(server.asked).toEqual([undefined]);
  });

  test('more than there is, with the line kept open', async () => {
    server.always = announces(SIZE + 5000, CONTENT, true);
    await arrives();
  });

  test.each([['1000000000000'], ['10']])(
    '%s bytes: refused at once, and what is there is kept',
    async (length) => {
      leaveBefore(CONTENT.subarray(0, 1000));
      server.always = announces(length, Buffer.from('0123456789'));
      expect(await fails()).toMatch(
        /the server announces 10+ bytes, where the file has between 75000 bytes and 0\.6 MB/,
      );
      expect([server.asked, statSync(path('test.pt.part')).size]).toEqual([[1000], 1000]);
    },
  );

  test('more digits than a number has', async () => {
    server.always = announces('9'.repeat(40));
    expect(await fails()).toMatch(/3 attempts brought nothing more/);
  });

  test('a file of known size with another one', async () => {
    const file = testFile(server.url(), { bytes: { least: SIZE + 1, about: SIZE + 1, most: SIZE + 1 } });
    expect(await failure(get(file, { root: root() }))).toMatch(
      /announces 300000 bytes, where the file has 300001 bytes/,
    );
  });

  test('no length and no end: cut at what the file can have', async () => {
    let isOpen = true;
    server.always = async ({ response }) => {
      response.on('close', () => {
        isOpen = false;
      });
      while (isOpen) if (!response.write(CONTENT)) await sleep(1);
    };
    let most = 0;
    const onProgress = (done: number) => {
      most = Math.max(most, done);
    };
    const message = await failure(get(testFile(server.url()), { root: root(), onProgress }));
    expect(message).toMatch(/the server sends more than the 600000 bytes that the file can have/);
    expect([most, left(root())]).toEqual([2 * SIZE, []]);
  });

  test('no length, and an end that comes too early', async () => {
    const bytes = { least: SIZE, about: SIZE, most: SIZE };
    server.always = ({ response }) => {
      response.write(CONTENT.subarray(0, 1000)); // no length
      response.end();
    };
    const message = await failure(get(testFile(server.url(), { bytes }), { root: root() }));
    expect(message).toMatch(/3 attempts .* got the server stopped early/);
  });

  test('no length, and the whole file', async () => {
    server.always = ({ response }) => {
      response.write(CONTENT);
      response.end();
    };
    await arrives();
  });
});

describe('slow', () => {
  test('stalls: the connection is given up, and gone on from there', async () => {
    server.script = [stallsAfter(100_000)];
    expect(await arrives()).toEqual([expect.stringMatching(/^nothing more came at 0\.1 MB/)]);
    expect(server.asked).toEqual([undefined, 100_000]);
  });

  test('never answers: given up', async () => {
    server.always = () => undefined;
    expect(await fails()).toMatch(/3 attempts .* got no answer came/);
    expect(server.asked).toHaveLength(3);
  });

  test('dribbles, but moves: one request is enough', async () => {
    server.always = async (exchange) => {
      head(exchange);
      for (let start = 0; start < SIZE; start += 15_000) {
        exchange.response.write(CONTENT.subarray(start, start + 15_000));
        await sleep(40); // 20 times: in all, four times as long as nothing may come
      }
      exchange.response.end();
    };
    expect(await arrives()).toEqual([]);
    expect(server.asked).toEqual([undefined]);
  });
});

describe('other answers', () => {
  test.each([[503], [500], [429], [408]])('%i, then the file', async (code) => {
    server.script = [status(code), breaksAfter(10), status(code), status(code)];
    const notes = await arrives();
    expect(notes).toContainEqual(`the server answers ${code} at 0 bytes: asked again in 0 s, attempt 2 of 3`);
    expect(server.asked).toEqual([undefined, undefined, 10, 10, 10]);
  });

  test('503 without end: given up', async () => {
    server.always = status(503);
    expect(await fails()).toMatch(/3 attempts brought nothing more from .*: got the server answers 503$/);
    expect(left(root())).toEqual([]);
  });

  test.each([[404], [403], [401], [204], [304]])('%i: what to do by hand', async (code) => {
    server.always = ({ response }) => void response.writeHead(code).end();
    const message = await fails();
    expect(message).toContain(`Test/1 cannot be fetched from ${server.url()}: the server answers ${code}`);
    expect(message).toMatch(/\(by hand: put that file at .*test\.pt; its sha256 is \w{64}\)$/);
    expect(server.asked).toHaveLength(1);
  });

  test('a web page, as networks have that want a login: what is there is kept', async () => {
    leaveBefore(CONTENT.subarray(0, 1000));
    server.always = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>');
    };
    expect(await fails()).toMatch(/the server sends a web page .*login/);
    expect(statSync(path('test.pt.part')).size).toBe(1000);
  });
});

describe('redirections', () => {
  const to = (location: string, code = 302) => status(code, { location });

  test('followed, relative and absolute, with the range', async () => {
    leaveBefore(CONTENT.subarray(0, 1000));
    server.script = [to('/else'), to(server.url('/there'), 307)];
    const urls: string[] = [];
    server.always = (exchange) => {
      urls.push(exchange.request.url!);
      return honest(exchange);
    };
    await arrives();
    expect([server.asked, urls]).toEqual([[1000, 1000, 1000], ['/there']]);
  });

  test('in a circle', async () => {
    server.always = to('/test.pt', 301);
    expect(await fails()).toMatch(/the server redirects more than 5 times/);
    expect(server.asked).toHaveLength(6);
  });

  test.each([['ftp://127.0.0.1/test.pt'], ['file:///etc/passwd'], ['http://[']])(
    'to %s',
    async (location) => {
      server.always = to(location);
      expect(await fails()).toContain(`the server redirects to ${location}`);
    },
  );

  test('to nowhere', async () => {
    server.always = status(302);
    expect(await fails()).toMatch(/the server redirects to nowhere/);
  });
});
