// A server of one file that does to each request what a test wants, and a file that is fetched from it.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { type DownloadOptions, download } from '../../../src/checkpoint/download/download.node.ts';
import { PATIENT } from '../../../src/checkpoint/download/fetch-part.node.ts';
import type { PublishedFile } from '../../../src/checkpoint/download/published.node.ts';
import { ClipError } from '../../../src/errors.ts';

export const SIZE = 300_000;
export const CONTENT: Buffer = Buffer.concat(
  Array.from({ length: SIZE / 32 + 1 }, (_, i) => createHash('sha256').update(`${i}`).digest()),
).subarray(0, SIZE);

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Where the bytes that are asked for begin. */
  from: number;
  /** Whether a part is asked for. */
  isPart: boolean;
}

/** What is done to one request. */
export type Behaviour = (exchange: Exchange) => void | Promise<void>;

/** Status and headers of an honest server. */
export function head({ response, from, isPart }: Exchange, more: Record<string, string | number> = {}): void {
  const range = isPart && { 'content-range': `bytes ${from}-${SIZE - 1}/${SIZE}` };
  response.writeHead(isPart ? 206 : 200, { 'content-length': SIZE - from, ...range, ...more });
}

export const honest: Behaviour = (exchange) => {
  head(exchange);
  exchange.response.end(CONTENT.subarray(exchange.from));
};

/** Sends `count` bytes, with `change` made to them, and hangs up. */
export function breaksAfter(count: number, change = (bytes: Buffer): Buffer => bytes): Behaviour {
  return (exchange) => {
    head(exchange);
    const bytes = change(Buffer.from(CONTENT.subarray(exchange.from, exchange.from + count)));
    exchange.response.write(bytes, () => exchange.response.destroy());
  };
}

/** Sends `count` bytes and then nothing, with the line open. */
export function stallsAfter(count: number): Behaviour {
  return (exchange) => {
    head(exchange);
    exchange.response.write(CONTENT.subarray(exchange.from, exchange.from + count));
  };
}

export function status(code: number, headers: Record<string, string | number> = {}): Behaviour {
  return ({ response }) => {
    response.writeHead(code, headers).end('a page that says why');
  };
}

/** One wrong byte, in the middle of what is there. */
export function spoil(bytes: Buffer): Buffer {
  bytes[bytes.length >> 1]! ^= 1;
  return bytes;
}

export class FileServer {
  readonly #server: Server;
  /** Where the bytes of each request began; undefined for one that asked for no part. */
  asked: (number | undefined)[] = [];
  /** For each request in turn; afterwards `always`. */
  script: Behaviour[] = [];
  always: Behaviour = honest;

  constructor() {
    this.#server = createServer((request, response) => {
      const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
      this.asked.push(from === undefined ? undefined : Number(from));
      const behaviour = this.script.shift() ?? this.always;
      void behaviour({ request, response, from: Number(from ?? 0), isPart: from !== undefined });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  url(path: string = '/test.pt'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];

/** A server and an empty folder for each test, with no proxy in the environment. */
export function testFolder(): { server: FileServer; root: () => string; path: (name?: string) => string } {
  const server = new FileServer();
  const folder = mkdtempSync(join(tmpdir(), 'clip-download-'));
  let number = 0;
  beforeEach(async () => {
    for (const name of PROXIES.flatMap((proxy) => [proxy, proxy.toUpperCase()])) vi.stubEnv(name, '');
    number += 1;
    Object.assign(server, { asked: [], script: [], always: honest });
    await server.start();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const root = () => join(folder, `${number}`);
  return { server, root, path: (name = 'test.pt') => join(root(), name) };
}

/** The file at `url`. */
export function testFile(url: string, more: Partial<PublishedFile> = {}): PublishedFile {
  return {
    ...{ name: 'Test/1', file: 'test.pt', url, folder: '/nowhere' },
    digest: { algorithm: 'sha256', hex: createHash('sha256').update(CONTENT).digest('hex') },
    bytes: { least: SIZE / 4, about: SIZE, most: SIZE * 2 },
    ...more,
  };
}

/** Times in which a test can wait: what is given up after 30 s is given up after 0.2 s here. */
export const HASTY: typeof PATIENT = { ...PATIENT, idleMs: 200, attempts: 3, waitMs: () => 0 };

/** Downloads with little patience. */
export function get(
  file: PublishedFile,
  options: DownloadOptions & { root: string },
  settings: Partial<typeof PATIENT> = {},
): ReturnType<typeof download> {
  return download(file, options, { ...HASTY, ...settings });
}

/** The message of the ClipError, one line, with which `promise` fails. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClipError);
  const { message } = error as ClipError;
  expect(message).not.toMatch(/[\r\n]|undefined|null/);
  return message;
}

/** Holds a file to the content. */
export function expectContent(path: string): void {
  expect(CONTENT.equals(readFileSync(path))).toBe(true); // toEqual would take half a second
}

/** Everything in a folder. */
export function left(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** Waits for what another process or the network brings. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** What tests of a faulty server do: fetch, with success or without, after what an earlier run has left. */
export function fetching({ server, root, path }: ReturnType<typeof testFolder>): {
  arrives: (settings?: Partial<typeof PATIENT>) => Promise<string[]>;
  fails: (settings?: Partial<typeof PATIENT>) => Promise<string>;
  leaveBefore: (bytes: Buffer) => void;
} {
  return {
    /** Holds what comes to the content; gives the notes, but for the first. */
    async arrives(settings) {
      const notes: string[] = [];
      await get(testFile(server.url()), { root: root(), onNote: (line) => notes.push(line) }, settings);
      expectContent(path());
      expect(left(root())).toEqual(['test.pt']);
      return notes.slice(1);
    },
    /** Gives the message; the target is not there. */
    async fails(settings) {
      const message = await failure(get(testFile(server.url()), { root: root() }, settings));
      expect(left(root())).not.toContain('test.pt');
      return message;
    },
    leaveBefore(bytes) {
      mkdirSync(root());
      writeFileSync(path('test.pt.part'), bytes);
    },
  };
}
