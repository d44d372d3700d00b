// Whatever goes wrong, from a broken header to a bug, as one form of answer: a status and {"error": …}, never a stack.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ClipError } from '../errors.ts';
import { tooLarge } from './doors.node.ts';
import type { Limits } from './limits.ts';
import { type ErrorBody, errorBody, Refusal } from './refusal.ts';

export const PICTURE_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

/** What Fastify found wrong → how we say it. */
const FASTIFY: Readonly<
  Record<string, (error: FastifyError, request: FastifyRequest, limits: Limits) => Refusal>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (_, __, limits) => tooLarge(limits, 'more'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (_, { headers }) =>
    new Refusal(415, 'the Content-Type header', {
      expected: ['application/json', ...PICTURE_TYPES].join(', '),
      got: headers['content-type'] ?? 'none',
    }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new Refusal(400, 'the body', { expected: 'a JSON object', got: 'nothing' }),
  FST_ERR_CTP_INVALID_JSON_BODY: () => notJson(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Refusal(400, 'the body is not as long as Content-Length says'),
  FST_ERR_BAD_URL: () => new Refusal(400, 'the path cannot be decoded'),
};

function notJson(): Refusal {
  return new Refusal(400, 'the body', {
    expected: 'JSON in UTF-8, without a "__proto__" or "constructor.prototype" among its names',
    got: 'something else',
  });
}

/** Sends the error's status and body; a bug's own words go to `onError` and not over the wire. */
export function answerWith(limits: Limits, onError: (error: Error) => void) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, body } = describe(error, request, limits, onError);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    // What is left of a body that was not read would be taken for the next request.
    if (!request.raw.complete) reply.header('connection', 'close');
    reply.code(status).send(body);
  };
}

function describe(
  error: FastifyError,
  request: FastifyRequest,
  limits: Limits,
  onError: (error: Error) => void,
): { status: number; body: ErrorBody } {
  if (error instanceof Refusal) return error;
  const refusal = FASTIFY[error.code]?.(error, request, limits);
  if (refusal) return refusal;
  if (error instanceof SyntaxError && error.statusCode === 400) return notJson();
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal(error.statusCode, error.message);
  }
  onError(error);
  if (error instanceof ClipError) return { status: 500, body: errorBody(error.complaint) };
  return new Refusal(500, 'the server failed', { hint: 'its own log says at what' });
}

/** For what is no HTTP at all, or came too slowly: there is no request to answer yet, only a connection. */
export function refuseConnection(limits: Limits) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const { status, body } = brokenRequest(error, limits);
    const text = JSON.stringify(body);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    );
    socket.destroySoon();
  };
}

function brokenRequest({ code, message }: NodeJS.ErrnoException, { receiveMs }: Limits): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return new Refusal(431, 'the headers are too large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal(408, 'the request came too slowly', {
      expected: `all of it in ${receiveMs / 1000} s`,
    });
  }
  return new Refusal(400, 'not an HTTP request', { got: message });
}
