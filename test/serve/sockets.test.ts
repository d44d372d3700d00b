// The server and what only a connection can do: too large, too slow, too many, gone; and its end.
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeWithin } from '../../src/serve/listen.node.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { listening, loadMini, png, send } from './support.ts';

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await loadMini();
});
afterAll(() => loaded.release());

const json = { 'content-type': 'application/json' };
const GB2 = String(2 ** 31);

/** All that a connection says, for what was written to it, until the server ends it. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => {
      said += chunk;
    });
    socket.on('close', () => resolve(said)).on('error', reject);
  });
}

test('a body of 2 GB is refused by its length, before any of it is sent', async () => {
  const { app, port } = await listening(loaded, {});
  // Nothing of the body is ever written: an answer can only come from the headers.
  const answer = await send(
    port,
    { path: '/embed', headers: { ...json, 'content-length': GB2 } },
    (request) => request.flushHeaders(),
  );
  expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
  expect(answer.body.error).toEqual({
    what: 'the body is too large',
    expected: 'at most 16777216 bytes',
    got: 2 ** 31,
  });
  // Who asks first is told so instead of being told to go on.
  const said = await talk(
    port,
    `POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${GB2}\r\nExpect: 100-continue\r\n\r\n`,
  );
  expect(said).toMatch(/^HTTP\/1\.1 413 /);
  await app.close();
});

test('a body whose length is not told is read up to the limit and no further', async () => {
  const { app, port } = await listening(loaded, { limits: { bodyBytes: 100_000 } });
  const chunk = Buffer.alloc(16_384, ' ');
  let written = 0;
  const answer = await send(port, { path: '/embed', headers: json }, (request) => {
    const more = (): void => {
      if (request.destroyed) return;
      written += chunk.length;
      request.write(chunk, () => setTimeout(more, 1));
    };
    more();
  });
  expect(answer.status).toBe(413);
  expect(written).toBeLessThan(100 * 100_000);
  await app.close();
});

test('a request that comes too slowly is ended', async () => {
  const { app, port } = await listening(loaded, { limits: { receiveMs: 300 } });
  const headers = await talk(port, 'POST /embed HTTP/1.1\r\nHost: localhost\r\n');
  expect(headers).toMatch(/^HTTP\/1\.1 408 [\s\S]*"what":"the request came too slowly"/);
  const body = await talk(
    port,
    'POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"tex',
  );
  expect(body).toMatch(/^HTTP\/1\.1 408 /);
  expect((await send(port, { method: 'GET', path: '/health' })).body.queue.requests).toBe(0);
  await app.close();
});

test('what is no HTTP, and headers without end', async () => {
  const { app, port } = await listening(loaded, {});
  expect(await talk(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"what":"not an HTTP request"/);
  const long = `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await talk(port, long)).toMatch(/^HTTP\/1\.1 431 /);
  await app.close();
});

test('more than the queue holds are sent away at once, and health still answers', async () => {
  const { app, port } = await listening(loaded, { windowMs: 600_000, limits: { queue: 2 } });
  const body = JSON.stringify({ texts: ['a red star'] });
  const open = [1, 2].map(() => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  });
  const waiting = async (): Promise<number> =>
    (await send(port, { method: 'GET', path: '/health' })).body.queue.texts;
  while ((await waiting()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const third = await send(port, { path: '/embed', headers: json }, (request) => request.end(body));
  expect([third.status, third.headers['retry-after']]).toEqual([429, '1']);
  // Those who leave make room, and what they asked for is dropped.
  for (const socket of open) socket.destroy();
  while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const { queue, calls } = (await send(port, { method: 'GET', path: '/health' })).body;
  expect([queue.requests, queue.bytes, calls.texts.items]).toEqual([0, 0, 0]);
  await app.close();
});

test('bodies that would be too much together are sent away by their lengths', async () => {
  const { app, port } = await listening(loaded, { limits: { queueBytes: 1000 } });
  const answer = await send(port, { path: '/embed', headers: { 'content-type': 'image/png' } }, (request) =>
    request.end(png(0)),
  );
  expect(answer.status).toBe(429);
  await app.close();
});

test('an answer that takes too long is given up', async () => {
  const { app, port } = await listening(loaded, { windowMs: 600_000, limits: { answerMs: 100 } });
  const answer = await send(port, { path: '/embed', headers: json }, (request) =>
    request.end('{"texts": ["a red star"]}'),
  );
  expect([answer.status, answer.body.error.what]).toEqual([503, 'the answer took too long']);
  expect((await send(port, { method: 'GET', path: '/health' })).body.queue.texts).toBe(0);
  await app.close();
});

test('its end waits for what was asked before, takes nothing new, and has a limit', async () => {
  const { app, port } = await listening(loaded, { windowMs: 300 });
  const ask = () =>
    send(port, { path: '/embed', headers: json }, (request) => request.end('{"texts": ["a red star"]}'));
  const before = ask();
  while ((await send(port, { method: 'GET', path: '/health' })).body.queue.texts === 0);
  await closeWithin(app, 60_000);
  expect((await before).status).toBe(200);
  await expect(ask()).rejects.toThrow('ECONNREFUSED');

  const stuck = await listening(loaded, { windowMs: 600_000 });
  const never = send(stuck.port, { path: '/embed', headers: json }, (request) =>
    request.end('{"texts": ["a red star"]}'),
  );
  const outcome = expect(never).rejects.toThrow(/hang up|ECONNRESET/);
  while ((await send(stuck.port, { method: 'GET', path: '/health' })).body.queue.texts === 0);
  await closeWithin(stuck.app, 50);
  await outcome;
});
