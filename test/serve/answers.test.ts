// What the server answers: the numbers of the library's own functions, whoever else asks at the same time.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePicture } from '../../src/data/pictures/decode.node.ts';
import { createServer } from '../../src/serve/server.node.ts';
import { embedTexts } from '../../src/tasks/embed-texts.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { normalizeRows } from '../../src/tasks/normalize-rows.ts';
import { classify, zeroShotHead } from '../../src/tasks/zero-shot.ts';
import { jpeg, loadMini, numbers, png, post } from './support.ts';

let loaded: LoadedModel;
let app: FastifyInstance;
let asked: { vector: Float32Array; options: object }[] = [];

beforeAll(async () => {
  loaded = await loadMini();
  app = await createServer(loaded, {
    workers: 1,
    windowMs: 10,
    index: {
      sizes: async () => ({ image: { rows: 2 } }),
      search: async (vector, options) => {
        asked.push({ vector, options });
        return [{ id: 'a.png', score: 0.5, label: 'red star' }];
      },
    },
  });
});
afterAll(async () => {
  await app.close();
  loaded.release();
});

async function textRow(text: string): Promise<Float32Array> {
  const { features } = await embedTexts(loaded, [text]);
  normalizeRows(features, features.length);
  return features;
}

async function pictureRow(bytes: Uint8Array): Promise<Float32Array> {
  const features = loaded.model.encodeImage(loaded.preprocess(await decodePicture(bytes)));
  const row = (await features.data()) as Float32Array;
  features.dispose();
  normalizeRows(row, row.length);
  return row;
}

function expectSame(base64: string, expected: Float32Array): void {
  const actual = numbers(base64);
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
}

test('features of texts and pictures, in their order and of length 1', async () => {
  const texts = ['a photo of a red star', '', 'a blue circle on white'];
  const files = [png(0), jpeg(), png(9)];
  const pictures = files.map((file) => file.toString('base64'));
  const { status, body } = await post(app, '/embed', { texts, pictures });
  expect(status).toBe(200);
  expect(Object.keys(body)).toEqual(['model', 'width', 'texts', 'pictures']);
  expect([body.model, body.width]).toEqual(['mini', 128]);
  for (const [i, text] of texts.entries()) expectSame(body.texts[i], await textRow(text));
  for (const [i, file] of files.entries()) expectSame(body.pictures[i], await pictureRow(file));
});

test.each([
  ['image/png', png(3)],
  ['image/jpeg', jpeg()],
])('a picture as the body, %s', async (type, payload) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/embed',
    headers: { 'content-type': type },
    payload,
  });
  expect(answer.statusCode).toBe(200);
  expectSame(answer.json().pictures[0], await pictureRow(payload));
});

test('many who ask at once are answered by few calls, each with its own', async () => {
  const before = (await app.inject('/health')).json().calls;
  const texts = Array.from({ length: 24 }, (_, i) => `a photo of ${i} stars`);
  const answers = await Promise.all(texts.map((text) => post(app, '/embed', { texts: [text] })));
  for (const [i, { body }] of answers.entries()) expectSame(body.texts[0], await textRow(texts[i]!));
  const after = (await app.inject('/health')).json().calls;
  expect(after.texts.items - before.texts.items).toBe(24);
  expect(after.texts.calls - before.texts.calls).toBeLessThan(12);
});

test('labels as classify gives them, one template or several; the second time from what was kept', async () => {
  const picture = png(658);
  const labels = ['white star', 'white arrow', 'red ring', 'blue circle'];
  for (const templates of [undefined, ['a {}', 'a drawing of a {}']]) {
    const head = await zeroShotHead(loaded, labels, templates && { templates });
    const [expected] = await classify(loaded, [await decodePicture(picture)], head, 3);
    head.features.dispose();
    const request = { picture: picture.toString('base64'), labels, top: 3, ...(templates && { templates }) };
    for (let times = 0; times < 2; times++) {
      const { body } = await post(app, '/classify', request);
      expect(body.predictions.map(({ label }: { label: string }) => label)).toEqual(
        expected!.map(({ label }) => label),
      );
      body.predictions.forEach((prediction: { probability: number; cosine: number }, i: number) => {
        expect(prediction.probability).toBeCloseTo(expected![i]!.probability, 4);
        expect(prediction.cosine).toBeCloseTo(expected![i]!.cosine, 5);
      });
    }
  }
  const before = (await app.inject('/health')).json().calls.texts.items;
  await post(app, '/classify', { picture: picture.toString('base64'), labels });
  expect((await app.inject('/health')).json().calls.texts.items).toBe(before);
});

test('search asks the index for what the query became', async () => {
  asked = [];
  const byText = await post(app, '/search', { text: 'a red star', top: 7 });
  expect(byText.body).toEqual({ model: 'mini', results: [{ id: 'a.png', score: 0.5, label: 'red star' }] });
  await post(app, '/search', { picture: png(0).toString('base64'), to: 'image' });
  const [first, second] = asked;
  expect(first!.options).toEqual({ top: 7 });
  expectSame(Buffer.from(first!.vector.buffer).toString('base64'), await textRow('a red star'));
  expect(second!.options).toEqual({ top: 5, to: 'image' });
  expectSame(Buffer.from(second!.vector.buffer).toString('base64'), await pictureRow(png(0)));
  const { status, body } = await post(app, '/search', { text: 'a red star', to: 'text' });
  expect([status, body.error]).toEqual([
    400,
    { what: 'the index has no such rows', expected: 'image', got: 'text' },
  ]);
});

test('health says what runs and what was done', async () => {
  const body = (await app.inject('/health')).json();
  expect(body).toMatchObject({ ok: true, model: 'mini', backend: 'wasm' });
  expect(body.queue).toEqual({ requests: 0, bytes: 0, pictures: 0, texts: 0 });
  expect(body.counts.embed).toBeGreaterThan(0);
  expect(body.counts.failed).toBe(0);
});
