// download, as the built command: what it prints, where it asks, how it ends.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { Rate } from '../../src/cli/rate.ts';
import { commandLine, type Outcome, ROOT } from './run.ts';

const { folder, clip } = commandLine();

test('another name is wrong usage: one line with the names', () => {
  const { status, stdout, stderr } = clip('download', 'ViT-B-32');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^clip-tfjs: nothing to fetch is called ViT-B-32: expected RN50, .*, cifar100\n$/);
  expect(clip('download').status).toBe(2);
});

test('--help says what it does, and shows it', () => {
  const { stdout, status } = clip('download', '--help');
  expect(stdout).toMatch(/Examples:\n {2}clip-tfjs download ViT-B\/32\n/);
  expect(status).toBe(0);
});

test('another file in its place is left as it is', () => {
  const place = join(folder, '.cache/clip');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'ViT-B-32.pt'), 'mine');
  const { status, stdout, stderr } = clip('download', 'ViT-B/32');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^clip-tfjs: .*ViT-B-32\.pt is not ViT-B\/32: expected sha256 40d36571\w+, got \w+, 4 bytes .*\n$/,
  );
  expect(readFileSync(join(place, 'ViT-B-32.pt'), 'utf8')).toBe('mine');
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Runs Node without holding up the servers of this process. */
async function node(
  args: string[],
  env: NodeJS.ProcessEnv,
  during?: (pid: number) => void,
): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, HOME: folder, ...env } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  during?.(child.pid!);
  const [status] = await once(child, 'close');
  return { status, ...said };
}

const NO_PROXY = {
  http_proxy: '',
  https_proxy: '',
  all_proxy: '',
  no_proxy: '',
  NO_PROXY: '',
  ALL_PROXY: '',
};

test.each([
  ['RN50', 'openaipublic.azureedge.net:443', 'clip/RN50.pt', 'sha256'],
  ['cifar100', 'www.cs.toronto.edu:443', 'cifar-100-python.tar.gz', 'md5'],
])(
  '%s: asks its server, through the proxy; without one, what to do by hand',
  async (name, host, file, algorithm) => {
    const asked: (string | undefined)[] = [];
    const { server, url } = await serve(() => undefined);
    server.on('connect', (request, socket: Socket) => {
      asked.push(request.url);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const main = join(ROOT, 'dist/cli/main.js');
    const { status, stdout, stderr } = await node([main, 'download', name], {
      ...NO_PROXY,
      HTTPS_PROXY: url,
    });
    expect([status, stdout, asked]).toEqual([1, '', [host]]);
    const [first, second, ...more] = stderr.trimEnd().split('\n');
    expect(first).toMatch(
      new RegExp(`^fetching ${name} from https://${host.split(':')[0]}/.*: about \\d+\\.\\d MB$`),
    );
    expect(second).toMatch(
      /^clip-tfjs: .* cannot be fetched from https:.*: the proxy answers 502 \(by hand: put that file at /,
    );
    expect(second).toMatch(new RegExp(`${join(folder, '.cache', file)}; its ${algorithm} is \\w+\\)$`));
    expect(more).toEqual([]);
    expect(readdirSync(join(folder, '.cache', file, '..'))).not.toContain(`${file.split('/').at(-1)}.part`);
  },
);

describe('a file of this test, by the same command', () => {
  const content = Buffer.alloc(200_000, 'weights ');
  const digest = { algorithm: 'sha256', hex: createHash('sha256').update(content).digest('hex') };
  const bytes = { least: 1, about: 200_000, most: 200_000 };

  /** What the command does once it knows the file. */
  function fetchAndTell(url: string, options: object, during?: (pid: number) => void): Promise<Outcome> {
    const file = { name: 'Test/1', file: 'test.pt', url, digest, folder: join(folder, 'default'), bytes };
    const { href } = pathToFileURL(join(ROOT, 'dist/cli/download.js'));
    const terminal = pathToFileURL(join(ROOT, 'dist/cli/terminal.js')).href;
    const script = `
      import { fetchAndTell } from ${JSON.stringify(href)};
      import { report } from ${JSON.stringify(terminal)};
      await fetchAndTell(${JSON.stringify(file)}, ${JSON.stringify(options)}).catch((error) => {
        process.exitCode = report(error, false);
      });`;
    return node(['--input-type=module', '-e', script], { ...NO_PROXY, HTTP_PROXY: '' }, during);
  }

  test('the path on stdout; a line at the start and one at the end on stderr; then nothing is fetched', async () => {
    let count = 0;
    const { url } = await serve((_, response) => {
      count += 1;
      response.end(content);
    });
    const path = join(folder, 'default/test.pt');
    expect(await fetchAndTell(url, {})).toEqual({
      ...{ status: 0, stdout: `${path}\n` },
      stderr: `fetching Test/1 from ${url}: about 0.2 MB\nTest/1 is here: 0.2 MB, sha256 is right\n`,
    });
    const again = { status: 0, stdout: `${path}\n`, stderr: 'Test/1 was here: 0.2 MB, sha256 is right\n' };
    expect([await fetchAndTell(url, {}), count]).toEqual([again, 1]);
  });

  test('--json, --root', async () => {
    const { url } = await serve((_, response) => void response.end(content));
    const { stdout } = await fetchAndTell(url, { root: 'here/or/there', json: true });
    expect(JSON.parse(stdout)).toEqual({
      ...{ name: 'Test/1', path: join(folder, 'here/or/there/test.pt'), bytes: 200_000, fetched: true },
      sha256: digest.hex,
    });
  });

  test('Ctrl-C: one line, and what has arrived is kept', async () => {
    let pid = 0;
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 50_000), () => {
        const part = join(folder, 'stopped/test.pt.part');
        const timer = setInterval(() => {
          if (!existsSync(part) || readFileSync(part).length < 50_000) return;
          clearInterval(timer);
          process.kill(pid, 'SIGINT');
        }, 10);
      });
    });
    const { status, stdout, stderr } = await fetchAndTell(url, { root: 'stopped' }, (started) => {
      pid = started;
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.split('\n')[1]).toBe(
      'clip-tfjs: stopped (what has arrived is kept: the next run goes on from there)',
    );
    expect(readdirSync(join(folder, 'stopped'))).toEqual(['test.pt.part']);
  });
});

test('the rate is that of the last seconds; a stall brings it down', () => {
  let time = 0;
  const rate = new Rate(() => time);
  const go = (seconds: number, perSecond: number, from: number) => {
    for (let step = 1; step <= seconds * 10; step++) {
      time += 100;
      rate.add(from + (step * perSecond) / 10, 400e6);
    }
    return from + seconds * perSecond;
  };
  rate.add(100e6, 400e6); // what an earlier run has left is not what comes
  expect(`${rate}`).toBe('0.0 MB/s');
  const slow = go(20, 1e6, 100e6);
  expect(`${rate}`).toBe('1.0 MB/s · 4m40s left');
  const fast = go(10, 10e6, slow);
  expect(`${rate}`).toBe('10.0 MB/s · 18s left');
  time += 45_000;
  expect(`${rate}`).toBe('1.0 MB/s · 3m0s left');
  rate.add(fast, 400e6);
  time += 5000;
  rate.add(fast, 400e6);
  expect(`${rate}`).toBe('0.0 MB/s');
});
