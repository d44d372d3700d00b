// What the server answers. Bodies are held to the limits (request-body.node.ts) before anything is computed of them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { SCALE } from '../tasks/zero-shot.ts';
import type { Inside } from './doors.node.ts';
import type { Encoders } from './encoders.node.ts';
import type { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';
import { readClassify, readEmbed, readSearch } from './request-body.node.ts';

/** What /search searches: an index as tasks/search opens it. */
export interface Searchable {
  sizes(): Promise<{ image?: { rows: number } | undefined; text?: { rows: number } | undefined }>;
  /** The rows nearest to a vector [E] of length 1, best first. */
  search(
    vector: Float32Array,
    options: { top: number; to?: 'image' | 'text' },
  ): Promise<{ id: string; score: number; label?: string; caption?: string }[]>;
}

export interface Served {
  readonly index: Searchable | undefined;
  readonly loaded: LoadedModel;
  readonly encoders: Encoders;
  readonly limits: Limits;
  readonly inside: Inside;
}

export function addRoutes(app: FastifyInstance, { loaded, encoders, limits, inside, index }: Served): void {
  const { name: model, backend } = loaded;
  const width = loaded.model.config.embed_dim;
  const began = performance.now();
  const counts = { embed: 0, classify: 0, search: 0, refused: 0, failed: 0 };
  app.addHook('onResponse', async (_, { statusCode }) => {
    if (statusCode >= 500) counts.failed++;
    else if (statusCode >= 400) counts.refused++;
  });

  app.get('/health', async () => ({
    ok: true,
    model,
    backend,
    queue: { ...inside, ...encoders.state.waiting },
    uptimeSeconds: Math.round((performance.now() - began) / 1000),
    counts,
    calls: encoders.state.calls,
  }));

  app.post(
    '/embed',
    within(limits, async (body, signal) => {
      if (body instanceof Uint8Array) {
        const features = await encoders.pictures([body], signal, () => 'the picture');
        counts.embed++;
        return { model, width, pictures: features.map(toBase64) };
      }
      const { texts, pictures, truncate } = readEmbed(body, limits);
      const [ofTexts, ofPictures] = await Promise.all([
        texts && encoders.texts(texts, truncate, signal),
        pictures && encoders.pictures(pictures, signal, (at) => `pictures[${at}]`),
      ]);
      counts.embed++;
      return {
        model,
        width,
        ...(ofTexts && { texts: ofTexts.map(toBase64) }),
        ...(ofPictures && { pictures: ofPictures.map(toBase64) }),
      };
    }),
  );

  app.post(
    '/classify',
    within(limits, async (body, signal) => {
      const { picture, labels, templates, top, truncate } = readClassify(body, limits);
      const [classes, [feature]] = await Promise.all([
        encoders.classes(labels, templates, truncate, signal),
        encoders.pictures([picture], signal, () => 'picture'),
      ]);
      counts.classify++;
      return { model, predictions: predictions(labels, classes, feature!).slice(0, top) };
    }),
  );

  app.post(
    '/search',
    within(limits, async (body, signal) => {
      if (!index) {
        const hint = 'clip-tfjs serve --index DIR, with a DIR that clip-tfjs index made';
        throw new Refusal(404, 'this server has no index to search', { hint });
      }
      const { query, top, to, truncate } = readSearch(body, limits);
      const sizes = await index.sizes();
      if (to !== undefined && sizes[to] === undefined) {
        const expected = Object.keys(sizes).join(' or ');
        throw new Refusal(400, 'the index has no such rows', { expected, got: to });
      }
      const [vector] =
        'text' in query
          ? await encoders.texts([query.text], truncate, signal)
          : await encoders.pictures([query.picture], signal, () => 'picture');
      const results = await index.search(vector!, { top, ...(to && { to }) });
      counts.search++;
      return { model, results };
    }),
  );
}

/**
 * A route's handler whose signal is aborted when the answer is too late, or nobody waits for it any more. (Fastify's own
 * signal is aborted as soon as the body has been read, with Node 20.)
 */
function within(
  { answerMs }: Limits,
  handle: (body: unknown, signal: AbortSignal) => Promise<object>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<object> {
  return async ({ body }, { raw }) => {
    const controller = new AbortController();
    const late = new Refusal(503, 'the answer took too long', {
      expected: `at most ${answerMs / 1000} s`,
      hint: 'send less at once, or again later',
    });
    const timer = setTimeout(() => controller.abort(late), answerMs);
    raw.once('close', () => {
      clearTimeout(timer);
      controller.abort(new Refusal(499, 'the client has gone'));
    });
    return await handle(body, controller.signal);
  };
}

/** Little-endian float32 in base64: the numbers to the bit, in a quarter of the characters that digits take. */
function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

interface Prediction {
  label: string;
  probability: number;
  cosine: number;
}

/** softmax(100 · cosine) over all labels, best first. */
function predictions(
  labels: readonly string[],
  classes: readonly Float32Array[], // [C, E]
  feature: Float32Array, // [E]
): Prediction[] {
  const cosines = classes.map((row) => dot(row, feature));
  const largest = Math.max(...cosines);
  const weights = cosines.map((cosine) => Math.exp(SCALE * (cosine - largest)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return labels
    .map((label, i) => ({ label, probability: weights[i]! / sum, cosine: cosines[i]! }))
    .sort((a, b) => b.cosine - a.cosine);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
