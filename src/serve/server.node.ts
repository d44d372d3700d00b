// A JSON API of a model: POST /embed, /classify and /search, GET /health. Fastify answers; what is asked of the engine goes
// through Encoders, which makes one call of many requests. No path, address or code is taken from a request.
import { type FastifyInstance, fastify } from 'fastify';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { admit, checkHost, tokenCheck } from './doors.node.ts';
import { Encoders } from './encoders.node.ts';
import { answerWith, PICTURE_TYPES, refuseConnection } from './errors.node.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Refusal } from './refusal.ts';
import { addRoutes, type Searchable } from './routes.node.ts';

export interface ServerOptions {
  /** What is over these is refused; those that are not given are as in LIMITS. */
  limits?: Partial<Limits> | undefined;
  /** How long a picture or text waits for others to go through the engine with it, in milliseconds; 3, unless given. */
  windowMs?: number | undefined;
  /** The most pictures, and texts, of one call of the engine; 32, unless given. */
  largest?: number | undefined;
  /** Threads that decode pictures; unless given, one less than the processors that this process may use, 1 … 8. */
  workers?: number | undefined;
  /** Only requests with `Authorization: Bearer TOKEN` are answered; unless given, all. */
  token?: string | undefined;
  /** What /search searches, made with the same model; the caller's to close. Unless given, /search answers 404. */
  index?: Searchable | undefined;
  /** Called with what whoever runs the server should know. */
  onNote?: ((note: string) => void) | undefined;
  /** Called with errors that are the server's own fault: its clients get no word of them but `the server failed`. */
  onError?: ((error: Error) => void) | undefined;
}

/** Labels whose features are kept: 8 MB at 512 numbers each. */
const CACHED_LABELS = 4096;
const HEADER_BYTES = 16 * 2 ** 10;
const IDLE_MS = 30_000;
/** How often connections are looked at for having been too slow. */
const CHECK_MS = 1000;

/**
 * A server that does not listen yet: `await app.listen({ port: 8080 })` binds it to the loopback address, and `app.close()`
 * ends it after what it was asked before is answered. The model stays the caller's to release.
 */
export async function createServer(
  loaded: LoadedModel,
  options: ServerOptions = {},
): Promise<FastifyInstance> {
  const {
    windowMs = 3,
    largest = 32,
    workers,
    token,
    index,
    onNote = () => {},
    onError = console.error,
  } = options;
  const limits: Limits = { ...LIMITS, ...options.limits };
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.receiveMs,
    connectionTimeout: limits.answerMs + IDLE_MS, // a reader that has stopped reading
    keepAliveTimeout: IDLE_MS,
    return503OnClosing: false, // in its own words: below
    clientErrorHandler: refuseConnection(limits),
    frameworkErrors: answerWith(limits, onError),
    http: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: limits.receiveMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.receiveMs),
    },
  });
  app.server.maxConnections = limits.connections;
  const encoders = new Encoders(loaded, {
    windowMs,
    largest,
    workers,
    mostPixels: limits.pixels,
    mostCached: CACHED_LABELS,
    onNote,
  });
  app.addHook('onClose', () => encoders.close());

  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  const mayEnter = token === undefined ? checkHost : tokenCheck(token);
  app.addHook('onRequest', async (request) => {
    mayEnter(request);
    if (closing) throw new Refusal(503, 'the server is ending');
  });
  const inside = admit(app, limits);
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser([...PICTURE_TYPES], { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler(answerWith(limits, onError));
  app.setNotFoundHandler(({ method, url }) => {
    throw new Refusal(404, `no ${method} ${url.split('?')[0]}`, {
      expected: 'POST /embed, POST /classify, POST /search or GET /health',
    });
  });
  addRoutes(app, { loaded, encoders, limits, inside, index });
  await app.ready();
  return app;
}
