// A server of the embedded model, its pictures, and requests to it.
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { createServer, type ServerOptions } from '../../src/serve/server.node.ts';
import { load } from '../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { fixture } from '../support.ts';

export const shapes: ReturnType<typeof shapesTest> = shapesTest();

export function loadMini(): Promise<LoadedModel> {
  return load('mini', { backend: 'wasm', threads: 1, onNote: () => {} });
}

/** A picture of the test split as a PNG file. */
export function png(index: number): Buffer {
  const { data, width, height } = shapes.image(index);
  return Buffer.from(encodePng(data as Uint8Array, width, height));
}

export function jpeg(): Buffer {
  return readFileSync(fixture('pictures', 'colour-444.jpg'));
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says, to be looked at
  body: any;
}

/** Sends a JSON body without a socket. */
export async function post(app: FastifyInstance, url: string, body: unknown, headers = {}): Promise<Answer> {
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.statusCode, headers: answer.headers as IncomingHttpHeaders, body: answer.json() };
}

/** A server on a port of its own, and where it is. */
export async function listening(
  loaded: LoadedModel,
  options: ServerOptions,
): Promise<{ app: FastifyInstance; port: number }> {
  const app = await createServer(loaded, { workers: 0, ...options });
  await app.listen({ port: 0 });
  return { app, port: (app.server.address() as AddressInfo).port };
}

/** A request over a socket; `write` sends its body, and may never end it. */
export function send(
  port: number,
  options: { method?: string; path: string; headers?: Record<string, string> },
  write: (request: ReturnType<typeof httpRequest>) => void = (request) => request.end(),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method: 'POST', agent: false, ...options },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          request.destroy();
          resolve({ status: response.statusCode!, headers: response.headers, body: JSON.parse(text) });
        });
      },
    );
    request.on('error', reject);
    write(request);
  });
}

/** Base64 of little-endian float32 → numbers. */
export function numbers(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}
