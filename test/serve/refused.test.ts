// What the server refuses: bad bodies, too much of anything, strangers. Every refusal is one form, and nothing is computed.
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../src/serve/server.node.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { loadMini, png, post } from './support.ts';

let loaded: LoadedModel;
let app: FastifyInstance;
const bugs: Error[] = [];
const picture = png(0).toString('base64');

beforeAll(async () => {
  loaded = await loadMini();
  app = await createServer(loaded, {
    workers: 0,
    windowMs: 1,
    limits: { bodyBytes: 200_000, pixels: 10_000 },
    onError: (error) => bugs.push(error),
  });
});
afterAll(async () => {
  await app.close();
  loaded.release();
  expect(bugs).toEqual([]);
});

const LABELS = ['red star', 'blue star'];

test.each<[why: string, url: string, body: unknown, status: number, what: RegExp]>([
  ['a field that names an address', '/embed', { url: 'http://127.0.0.1/x.png' }, 400, /^"url" is no field/],
  ['one that names a file', '/classify', { path: '/etc/passwd', labels: LABELS }, 400, /^"path" is no field/],
  ['one too many', '/search', { text: 'a', where: '1=1' }, 404, /^this server has no index/],
  ['no JSON', '/embed', '{"texts": [', 400, /^the body$/],
  ['an empty body', '/embed', '', 400, /^the body$/],
  ['no object', '/embed', ['a red star'], 400, /^the body$/],
  ['null', '/embed', 'null', 400, /^the body$/],
  ['a prototype', '/embed', '{"texts": ["a"], "__proto__": {"truncate": true}}', 400, /^the body$/],
  ['a constructor', '/embed', '{"constructor": {"prototype": {"truncate": true}}}', 400, /^the body$/],
  ['nothing to embed', '/embed', {}, 400, /^nothing to embed$/],
  ['no text', '/embed', { texts: [] }, 400, /^"texts"$/],
  ['a text that is a number', '/embed', { texts: ['a', 5] }, 400, /^texts\[1\]$/],
  ['texts that are one', '/embed', { texts: 'a red star' }, 400, /^"texts"$/],
  ['10,000 texts', '/embed', { texts: new Array(10_000).fill('a') }, 413, /^"texts", their number$/],
  [
    'a text of 5,000 characters',
    '/embed',
    { texts: ['a'.repeat(5000)] },
    413,
    /^texts\[0\], its characters$/,
  ],
  ['a text over the context length', '/embed', { texts: ['star '.repeat(40)] }, 422, /^text too long$/],
  ['33 pictures', '/embed', { pictures: new Array(33).fill(picture) }, 413, /^"pictures", their number$/],
  ['no base64', '/embed', { pictures: ['star.png'] }, 400, /^pictures\[0\]$/],
  ['a data: address', '/embed', { pictures: [`data:image/png;base64,${picture}`] }, 400, /^pictures\[0\]$/],
  ['no picture', '/embed', { pictures: [picture, 'aGVsbG8='] }, 422, /^pictures\[1\] cannot be read$/],
  ['half a picture', '/embed', { pictures: [picture.slice(0, 400)] }, 422, /^pictures\[0\] cannot be read$/],
  ['a body too large', '/embed', { texts: ['a'.repeat(300_000)] }, 413, /^the body is too large$/],
  ['no label', '/classify', { picture, labels: [] }, 400, /^"labels"$/],
  ['no labels at all', '/classify', { picture }, 400, /^"labels" is missing$/],
  ['two equal labels', '/classify', { picture, labels: ['a', 'a'] }, 400, /^two labels are equal$/],
  ['an empty label', '/classify', { picture, labels: ['a', ' '] }, 400, /^label 2 is empty$/],
  ['a template without {}', '/classify', { picture, labels: LABELS, templates: ['a'] }, 400, /^a template/],
  [
    'labels times templates',
    '/classify',
    { picture, labels: Array.from({ length: 100 }, (_, i) => `${i}`), templates: new Array(21).fill('{}') },
    413,
    /^labels × templates$/,
  ],
  ['no whole number', '/classify', { picture, labels: LABELS, top: 1.5 }, 400, /^"top"$/],
  ['another way', '/nothing', {}, 404, /^no POST \/nothing$/],
])('%s', async (_, url, body, status, what) => {
  const answer = await post(app, url, body);
  expect([answer.status, Object.keys(answer.body)]).toEqual([status, ['error']]);
  expect(answer.body.error.what).toMatch(what);
  for (const part of Object.values(answer.body.error)) expect(`${part}`).not.toMatch(/\n| at .*:\d+:\d+/);
});

test('a picture of more pixels than are allowed, told by its header', async () => {
  const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const answer = await app.inject({
    method: 'POST',
    url: '/embed',
    headers: { 'content-type': 'image/png' },
    payload: large,
  });
  expect(answer.statusCode).toBe(422);
  expect(answer.json().error.got).toBe(
    'too many pixels: expected at most 10000, got 3000×3000 = 9000000 (shrink the picture first)',
  );
});

test('a type of body that is not read', async () => {
  const payload = 'texts=a';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await app.inject({ method: 'POST', url: '/embed', headers, payload });
  expect(answer.statusCode).toBe(415);
  const plain = { 'content-type': 'text/plain' }; // what a page of another origin may send unasked
  expect((await app.inject({ method: 'POST', url: '/embed', headers: plain, payload })).statusCode).toBe(415);
});

describe('who asks', () => {
  test('by a name that others chose, on the loopback address', async () => {
    const other = { method: 'GET', url: '/health', remoteAddress: '127.0.0.1' } as const;
    await app.listen({ port: 0 });
    const { port } = app.server.address() as { port: number };
    const { send } = await import('./support.ts');
    const get = (host: string) => send(port, { method: 'GET', path: '/health', headers: { host } });
    expect((await get(`localhost:${port}`)).status).toBe(200);
    expect((await get(`127.0.0.1:${port}`)).status).toBe(200);
    expect((await get('rebound.example')).body.error).toMatchObject({
      what: 'the Host header',
      got: 'rebound.example',
    });
    expect((await app.inject(other)).statusCode).toBe(200);
  });

  test('without the token, or with another', async () => {
    const token = '0123456789abcdef';
    const closed = await createServer(loaded, { workers: 0, token });
    const health = async (authorization?: string) => {
      const headers = { ...(authorization && { authorization }) };
      return await closed.inject({ method: 'GET', url: '/health', headers });
    };
    const none = await health();
    expect([none.statusCode, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    for (const wrong of ['Bearer 0123456789abcdeF', 'Bearer ', `Basic ${token}`, token, `Bearer ${token} `]) {
      expect((await health(wrong)).statusCode).toBe(401);
    }
    expect((await health(`Bearer ${token}`)).statusCode).toBe(200);
    expect((await closed.inject({ method: 'GET', url: '/nothing' })).statusCode).toBe(401);
    await closed.close();
  });
});
