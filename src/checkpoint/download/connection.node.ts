// Asking a server for a file from some byte on: through the proxy that the environment names, along redirections, and
// never waiting longer than `idleMs` for anything. Node's own fetch knows no proxies before version 24; undici, which
// it is made of, does.
import { getProxyForUrl } from 'proxy-from-env';
import type { Dispatcher } from 'undici';
import { arriving, discard } from './arriving.node.ts';
import { Interrupted, Refused, understand } from './failure.ts';
import { first, nextAddress, type Reply, readReply } from './reply.ts';

const MOST_REDIRECTIONS = 5;
const REDIRECTIONS = [301, 302, 303, 307, 308];

export interface Delivery extends Reply {
  /** What was asked for, or another part of the file: look at `start`. */
  pieces: AsyncIterable<Uint8Array>;
  /** To be called in the end, whether or not all was read. */
  hangUp: () => void;
}

export class Connection {
  readonly #idleMs: number;
  /** By the proxy's address; '' is the direct way. */
  readonly #ways = new Map<string, Dispatcher>();

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /**
   * The file at `address` from byte `from` on; undefined where it has no such byte. Throws Interrupted or Refused, and
   * the signal's reason; so does reading the pieces, but for Refused.
   */
  async get(address: string, from: number, signal?: AbortSignal): Promise<Delivery | undefined> {
    let url = new URL(address);
    for (let redirections = 0; redirections <= MOST_REDIRECTIONS; redirections++) {
      const { statusCode, headers, body } = await this.#ask(url, from, signal);
      try {
        if (!REDIRECTIONS.includes(statusCode)) {
          const reply = readReply(statusCode, headers);
          if (reply) {
            const pieces = understood(arriving(body), signal);
            return { ...reply, pieces, hangUp: () => discard(body) };
          }
          discard(body);
          return undefined;
        }
        url = nextAddress(url, first(headers.location));
        discard(body);
      } catch (error) {
        discard(body);
        throw error;
      }
    }
    throw new Refused(`the server redirects more than ${MOST_REDIRECTIONS} times`);
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.destroy()));
  }

  async #ask(url: URL, from: number, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const { request } = await import('undici'); // 40 ms to load, and only who fetches needs it
    const dispatcher = await this.#wayTo(url);
    const headers = {
      'user-agent': 'clip-tfjs',
      'accept-encoding': 'identity', // the digest is of the file, not of what could be packed around it
      ...(from > 0 && { range: `bytes=${from}-` }),
    };
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new Interrupted('no answer came')), this.#idleMs);
    const stop = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
    const timeouts = { headersTimeout: 0, bodyTimeout: this.#idleMs };
    const asked = request(url, { headers, dispatcher, signal, ...timeouts });
    try {
      return await Promise.race([asked, whenAborted(stop)]); // request itself does not stop while it connects
    } catch (error) {
      asked.then(
        ({ body }) => discard(body),
        () => undefined,
      );
      signal?.throwIfAborted();
      throw understand(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #wayTo(url: URL): Promise<Dispatcher> {
    const proxy = getProxyForUrl(url.href);
    const known = this.#ways.get(proxy);
    if (known) return known;
    const way = await makeWay(proxy);
    this.#ways.set(proxy, way);
    return way;
  }
}

async function makeWay(proxy: string): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  if (!proxy) return new Agent();
  if (!/^https?:\/\//i.test(proxy) || !URL.canParse(proxy)) {
    const got = proxy.replace(/\/\/.*@/, '//'); // a password is nobody's business
    throw new Refused(
      `the proxy ${got} cannot be used`,
      'HTTPS_PROXY=http://HOST:PORT, and NO_PROXY=* for none',
    );
  }
  return new ProxyAgent({ uri: proxy, proxyTunnel: false }); // false: for http addresses; https ones are tunnelled
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function* understood(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    signal?.throwIfAborted();
    throw understand(error);
  }
}
