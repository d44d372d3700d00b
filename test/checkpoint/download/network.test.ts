// The way to the server: proxies, encryption, no network.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nextAddress } from '../../../src/checkpoint/download/reply.ts';
import { CONTENT, expectContent, failure, get, left, stallsAfter, testFile, testFolder } from './server.ts';

const { server, root, path } = testFolder();

const portOf = (listening: { address(): unknown }): number => (listening.address() as AddressInfo).port;

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const port = portOf(listening);
  listening.close();
  await once(listening, 'close');
  return port;
}

describe('no network', () => {
  test('the server’s name is unknown: the address, and what to do by hand', async () => {
    const message = await failure(get(testFile('https://clip-tfjs.invalid/test.pt'), { root: root() }));
    expect(message).toMatch(
      /^Test\/1 cannot be fetched from https:\/\/clip-tfjs\.invalid\/test\.pt: .*network/,
    );
    expect(message).toContain(`by hand: put that file at ${path()}; its sha256 is `);
    expect(left(root())).toEqual([]);
  });

  test('nobody listens: said at once, not after attempts', async () => {
    const notes: string[] = [];
    const file = testFile(`http://127.0.0.1:${await closedPort()}/`);
    const message = await failure(get(file, { root: root(), onNote: (line) => notes.push(line) }));
    expect(message).toMatch(/the connection is refused \(ECONNREFUSED\)/);
    expect(notes).toHaveLength(1);
  });

  test('gone in the middle: asked again, as it may come back', async () => {
    server.script = [stallsAfter(1000)];
    const onProgress = (done: number) => done === 1000 && void server.stop();
    const message = await failure(get(testFile(server.url()), { root: root(), onProgress }));
    expect(message).toMatch(/3 attempts brought nothing more .*ECONNREFUSED.*1000 bytes are kept/);
    await server.start();
  });
});

/** A proxy that counts what passes it: requests to http addresses, and tunnels. */
class CountingProxy {
  readonly passed: string[] = [];
  readonly #server: Server = createServer((asked, response) => this.#forward(asked, response));
  refuses: number | undefined;
  readonly #sockets = new Set<Socket>();

  async start(): Promise<void> {
    this.#server.on('connect', (asked: IncomingMessage, socket: Socket) => this.#tunnel(asked, socket));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(user = ''): string {
    return `http://${user}127.0.0.1:${portOf(this.#server)}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note({ method, url, headers }: IncomingMessage): void {
    const user = headers['proxy-authorization'];
    this.passed.push(`${method} ${url}${user ? ` ${user}` : ''}`);
  }

  #forward(asked: IncomingMessage, response: ServerResponse): void {
    this.#note(asked);
    if (this.refuses) return void response.writeHead(this.refuses).end();
    const passedOn = request(asked.url!, { headers: asked.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passedOn.end();
  }

  #tunnel(asked: IncomingMessage, socket: Socket): void {
    this.#note(asked);
    if (this.refuses) return void socket.end(`HTTP/1.1 ${this.refuses} No\r\nContent-Length: 0\r\n\r\n`);
    const [host, port] = asked.url!.split(':');
    const other = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      other.pipe(socket).pipe(other);
    });
    for (const end of [socket, other]) {
      this.#sockets.add(end);
      end.on('error', () => undefined);
    }
  }
}

describe('a proxy', () => {
  let proxy: CountingProxy;
  beforeEach(async () => {
    proxy = new CountingProxy();
    await proxy.start();
  });
  afterEach(() => proxy.stop());

  test.each([['http_proxy'], ['HTTP_PROXY'], ['all_proxy']])(
    '%s is where an http address is asked for',
    async (name) => {
      vi.stubEnv(name, proxy.url());
      server.script = [stallsAfter(1000)];
      await get(testFile(server.url()), { root: root() });
      expectContent(path());
      expect(proxy.passed).toEqual([`GET ${server.url()}`, `GET ${server.url()}`]);
      expect(server.asked).toEqual([undefined, 1000]);
    },
  );

  test('its user and password', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url('me:secret@'));
    await get(testFile(server.url()), { root: root() });
    expect(proxy.passed).toEqual([`GET ${server.url()} Basic ${btoa('me:secret')}`]);
  });

  test.each([['127.0.0.1'], ['*'], ['example.com, 127.0.0.1']])('NO_PROXY=%s: past it', async (hosts) => {
    vi.stubEnv('HTTP_PROXY', proxy.url());
    vi.stubEnv('NO_PROXY', hosts);
    await get(testFile(server.url()), { root: root() });
    expect([proxy.passed, server.asked]).toEqual([[], [undefined]]);
  });

  test('NO_PROXY that names another host: through it', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url());
    vi.stubEnv('NO_PROXY', 'example.com');
    await get(testFile(server.url()), { root: root() });
    expect(proxy.passed).toHaveLength(1);
  });

  test('an https address is tunnelled through HTTPS_PROXY, and not through HTTP_PROXY', async () => {
    const file = testFile(`https://127.0.0.1:${await closedPort()}/`);
    vi.stubEnv('HTTP_PROXY', proxy.url());
    expect(await failure(get(file, { root: root() }))).toMatch(/ECONNREFUSED/);
    expect(proxy.passed).toEqual([]);
    vi.stubEnv('HTTPS_PROXY', proxy.url());
    proxy.refuses = 502;
    expect(await failure(get(file, { root: root() }))).toMatch(/: the proxy answers 502 \(by hand/);
    expect(proxy.passed).toEqual([`CONNECT ${new URL(file.url).host}`]);
  });

  test.each([['http'], ['https']])('one that wants a password, for an %s address', async (protocol) => {
    vi.stubEnv('HTTP_PROXY', proxy.url());
    vi.stubEnv('HTTPS_PROXY', proxy.url());
    proxy.refuses = 407;
    const file = testFile(server.url().replace('http', protocol));
    expect(await failure(get(file, { root: root() }))).toMatch(
      /the proxy wants a user and a password .*USER:PASSWORD/,
    );
    expect(proxy.passed).toHaveLength(1);
  });

  test('one that does not answer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    silent.on('connect', () => undefined);
    await once(silent, 'listening');
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${portOf(silent)}`);
    const file = testFile('https://127.0.0.1:1/');
    expect(await failure(get(file, { root: root() }))).toMatch(/3 attempts .* got no answer came/);
    silent.closeAllConnections();
    silent.close();
  });

  test('an address that is none: said without its password', async () => {
    vi.stubEnv('HTTP_PROXY', 'socks5://me:secret@127.0.0.1:1');
    const message = await failure(get(testFile(server.url()), { root: root() }));
    expect(message).toContain('the proxy socks5://127.0.0.1:1 cannot be used');
  });
});

describe('encryption', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clip-certificate-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(folder, name));
  const made = makeCertificate(key!, certificate!);
  if (!made) console.log('skipped: fetching over https; openssl, which makes the certificate, is not here');
  afterEach(() => vi.unstubAllEnvs());

  test.skipIf(!made)('over https, through a proxy, with a certificate that is known or is not', async () => {
    const options = { key: readFileSync(key!), cert: readFileSync(certificate!) };
    const secure = createSecureServer(options, (_, response) => response.end(CONTENT)).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const proxy = new CountingProxy();
    await proxy.start();
    const file = testFile(`https://127.0.0.1:${portOf(secure)}/`);
    try {
      expect(await failure(get(file, { root: root() }))).toMatch(
        /certificate is not trusted .*NODE_EXTRA_CA_CERTS/,
      );
      expect(proxy.passed).toEqual([]);
      const input = JSON.stringify({ file, root: root(), attempts: 1 });
      const args = ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), input];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, HTTPS_PROXY: proxy.url() };
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      await once(child, 'exit');
      expectContent(path());
      expect(proxy.passed).toEqual([`CONNECT 127.0.0.1:${portOf(secure)}`]);
    } finally {
      await proxy.stop();
      secure.closeAllConnections();
      secure.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('is not given up for a redirection', () => {
    const from = new URL('https://example.com/a');
    expect(() => nextAddress(from, 'http://example.com/b')).toThrow(
      /http:\/\/example\.com\/b, which is not encrypted/,
    );
    expect(nextAddress(from, '//example.org/b').href).toBe('https://example.org/b');
    expect(nextAddress(new URL('http://example.com/a'), 'https://example.com/b').protocol).toBe('https:');
  });
});

/** False where openssl is missing. */
function makeCertificate(key: string, certificate: string): boolean {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
