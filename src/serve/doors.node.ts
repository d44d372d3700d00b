// Who may come in, and how many: asked when a request's headers are here and before its body is read.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';

/** True for this machine's own addresses and its name for them. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name)
  );
}

/** Throws Refusal for a request without the token. Compares digests, so that the time taken says nothing of the token. */
export function tokenCheck(token: string): (request: FastifyRequest) => void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  return ({ headers }) => {
    const [, given] = /^bearer +(.*)$/i.exec(headers.authorization ?? '') ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return;
    throw new Refusal(401, 'this server wants a token', {
      expected: 'Authorization: Bearer TOKEN',
      got: headers.authorization === undefined ? 'no such header' : 'another one',
    });
  };
}

/**
 * Without a token, who reaches this machine by its loopback address must have called it by that too. A page in a browser
 * here can have its own name point to 127.0.0.1, and would then read the answers (DNS rebinding).
 */
export function checkHost({ headers, socket }: FastifyRequest): void {
  if (!isLoopback(socket.localAddress ?? '')) return;
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  if (isLoopback(host)) return;
  throw new Refusal(403, 'the Host header', {
    expected: 'localhost or a loopback address',
    got: host,
    hint: 'a server with a token takes any',
  });
}

/** How many are inside, and how much they brought. */
export interface Inside {
  requests: number;
  bytes: number;
}

/** Counts every request from its headers to its answer's end, and sends away those for whom there is no room. */
export function admit(app: FastifyInstance, limits: Limits): Inside {
  const inside: Inside = { requests: 0, bytes: 0 };
  app.addHook('onRequest', async (request, reply) => {
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > limits.bodyBytes) throw tooLarge(limits, length);
    // One that does not say how long it is may be as long as any; too long a one is refused by its own limit.
    const chunked = request.headers['transfer-encoding'] !== undefined;
    const bytes = Math.min(limits.bodyBytes, chunked ? limits.bodyBytes : length);
    const hasNoBody = !chunked && bytes === 0; // such as /health, which must answer when all else is full
    if (!hasNoBody) {
      if (inside.requests >= limits.queue || inside.bytes + bytes > limits.queueBytes) {
        reply.header('retry-after', '1');
        throw new Refusal(429, 'the server has all it can take', {
          expected: `at most ${limits.queue} requests and ${limits.queueBytes} bytes at once`,
          hint: 'send it again in a moment',
        });
      }
      inside.requests++;
      inside.bytes += bytes;
      reply.raw.once('close', () => {
        inside.requests--;
        inside.bytes -= bytes;
      });
    }
  });
  // Who asks whether to send its body at all is told to go on only now.
  app.server.on('checkContinue', (request, response) => app.server.emit('request', request, response));
  app.addHook('preParsing', async ({ headers }, { raw }) => {
    if (headers.expect !== undefined) raw.writeContinue();
  });
  return inside;
}

export function tooLarge({ bodyBytes }: Limits, got: number | string): Refusal {
  return new Refusal(413, 'the body is too large', { expected: `at most ${bodyBytes} bytes`, got });
}
