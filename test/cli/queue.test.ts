// clip-tfjs embed --queue and worker, with a real Redis: three workers, one of them killed in the middle of a shard; Redis
// stopped and started again, and gone for good; what is refused, and in which words.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { hasRedis, RedisServer } from './redis-server.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const at = (...path: string[]): string => join(folder, ...path);
const PICTURES = 48;
const redis = new RedisServer();
const running = new Set<ChildProcess>();

interface Running {
  process: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: folder });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, said: () => said, ended };
}

const worker = (...args: string[]): Running =>
  start('worker', '--queue', redis.url, '--backend', 'wasm', '--threads', '1', '--lock', '2', ...args);
const embed = (out: string, ...args: string[]): Running =>
  start('embed', 'pictures', '--out', out, '--queue', redis.url, '--shard', '8', ...args);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => boolean): Promise<void> {
  while (!what()) await pause(20);
}

function expectSame(out: string): void {
  for (const ending of ['.npy', '.rows.jsonl']) {
    expect(readFileSync(at(`${out}${ending}`)).equals(readFileSync(at(`plain${ending}`)))).toBe(true);
  }
  expect(existsSync(at(`${out}.npy.shards`))).toBe(false);
}

beforeAll(() => {
  mkdirSync(at('pictures'));
  const shapes = shapesTest();
  for (let i = 0; i < PICTURES; i++) {
    const { data, width, height } = shapes.image(i);
    writeFileSync(at('pictures', `${i}.png`), encodePng(data as Uint8Array, width, height));
  }
  writeFileSync(at('pictures/9.png'), readFileSync(at('pictures/9.png')).subarray(0, 60));
  expect(clip('embed', 'pictures', '--out', 'plain.npy', '--backend', 'wasm').status).toBe(0);
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => redis.end());

describe.skipIf(!hasRedis())('with a real Redis', { timeout: 120_000 }, () => {
  beforeAll(() => redis.start());

  test('three workers, one killed in the middle of a shard: the file is the one of embed, to the byte', async () => {
    const producer = embed('three.npy');
    const doomed = worker('--batch', '1');
    const fragments = (): number =>
      existsSync(at('three.npy.shards'))
        ? readdirSync(at('three.npy.shards')).filter((name) => /^\d/.test(name)).length
        : 0;
    await until(() => fragments() > 0);
    doomed.process.kill('SIGSTOP'); // so that what is looked at next stays so
    expect(fragments()).toBeLessThan(PICTURES / 8);
    const client = new Redis(redis.url);
    expect(await client.llen('bull:clip-tfjs:active')).toBe(1); // it has the next shard in hand
    client.disconnect();
    doomed.process.kill('SIGKILL');
    expect(await doomed.ended).toBe(null);
    const others = [worker(), worker()];
    expect(await producer.ended, producer.said()).toBe(0);
    expect(producer.said()).toMatch(/passed over: pictures\/9\.png: the PNG's pixels end too early/);
    expect(producer.said()).toMatch(/47 pictures → three\.npy: \[47, 128\] f32/);
    expectSame('three');
    for (const other of others) other.process.kill('SIGTERM');
    for (const other of others) expect(await other.ended, other.said()).toBe(0);
  });

  test('Redis stops and starts again: one line each, and all goes on', async () => {
    const [producer, one] = [embed('again.npy'), worker()];
    await until(() => one.said().includes('rows,'));
    await redis.stop();
    await until(() => /is gone: waiting/.test(producer.said()) && /is gone: waiting/.test(one.said()));
    await redis.start();
    expect(await producer.ended, producer.said()).toBe(0);
    for (const { said } of [producer, one]) {
      expect(said().match(/is gone: waiting for it, 60 s at most/g)).toHaveLength(1);
      expect(said().match(/is back/g)).toHaveLength(1);
      expect(said()).not.toMatch(/\n\s+at |Error:/);
    }
    expectSame('again');
  });

  test('a worker of another model, and one whose pictures differ, refuse in one line; the shards stay', async () => {
    const producer = embed('refused.npy');
    const other = worker('--resolution', '64');
    expect(await other.ended).toBe(1);
    expect(other.said()).toMatch(
      /refused\.npy 0…7 is refused: it is for another model: expected mini \(\w+\), got mini/,
    );
    appendFileSync(at('pictures/3.png'), 'x'); // as if it were another file on this machine
    const changed = worker();
    expect(await changed.ended).toBe(1);
    expect(changed.said()).toMatch(
      /is refused: pictures is another set on this machine: expected 48 pictures/,
    );
    const bytes = readFileSync(at('pictures/3.png'));
    writeFileSync(at('pictures/3.png'), bytes.subarray(0, -1));
    worker();
    expect(await producer.ended, producer.said()).toBe(0);
    expectSame('refused');
  });

  test('a set that nobody comes back for ends with its key, which is gone after a day or when told', async () => {
    const producer = embed('left.npy');
    await until(() => producer.said().includes('no worker is at the queue'));
    producer.process.kill('SIGKILL');
    await producer.ended;
    rmSync(at('left.npy.shards'), { recursive: true });
    const one = worker();
    expect(await one.ended).toBe(1);
    const [, key] = /if nobody wants it: redis-cli del (\S+)\)/.exec(one.said()) ?? [];
    expect(key, one.said()).toMatch(/^clip-tfjs:set:\w+$/);
    const client = new Redis(redis.url);
    const left = await client.ttl(key!);
    expect(left > 86_300 && left <= 86_400, `${left}`).toBe(true);
    await client.del(key!);
    const other = worker();
    const jobs = async (): Promise<number> =>
      (await client.llen('bull:clip-tfjs:wait')) + (await client.llen('bull:clip-tfjs:active'));
    while ((await jobs()) > 0 && other.process.exitCode === null) await pause(20);
    expect(await jobs(), other.said()).toBe(0);
    client.disconnect();
    expect(existsSync(at('left.npy.shards'))).toBe(false);
  });

  test('gone for good: both say it in one line and end', async () => {
    const [producer, one] = [embed('gone.npy', '--wait', '1'), worker('--wait', '1')];
    await until(
      () => one.said().includes('waiting for shards') && /no worker|rows/.test(producer.said() + one.said()),
    );
    await redis.stop();
    for (const { ended, said } of [producer, one]) {
      expect(await ended, said()).toBe(1);
      expect(said()).toMatch(
        /^clip-tfjs: Redis at 127\.0\.0\.1:\d+ has been gone for 1 s \(what is done is kept/m,
      );
      expect(said()).not.toMatch(/\n\s+at /);
    }
  });
});

describe('an address that is none, or of something else', () => {
  const worked = (url: string) => clip('worker', '--queue', url, '--backend', 'wasm');
  test.each([
    [
      'localhost:6379',
      2,
      /the address of the queue: expected redis:\/\/HOST:PORT, .* got an address without/,
    ],
    ['http://localhost', 2, /got http:\/\//],
    ['redis://:secret@host/one', 2, /got \/one where a database's number may stand/],
    ['redis://127.0.0.1:1', 1, /no Redis at 127\.0\.0\.1:1: got connection refused \(is it running/],
  ])('%s', (url, status, says) => {
    const outcome = worked(url);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
    expect(outcome.stderr).not.toMatch(/secret/);
    expect(outcome.status).toBe(status);
  });

  test('a Redis that is too old, and a server that is none', async () => {
    for (const [reply, says] of [
      ['redis_version:4.0.9\r\n', /is too old: expected 6\.2 or later, got 4\.0\.9/],
      ['', /a server that speaks something else/],
    ] as const) {
      const answer = reply === '' ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : `$${reply.length}\r\n${reply}\r\n`;
      const server = createServer((socket) => {
        socket.on('error', () => {});
        // Several commands may come at once, and each is answered.
        socket.on('data', (data) => {
          const commands = `${data}`.split(/^\*\d+\r\n/m).slice(1);
          for (const command of commands) {
            socket.write(/\ninfo\r/i.test(command) || reply === '' ? answer : '+OK\r\n');
          }
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const { ended, said } = start('worker', '--queue', `redis://127.0.0.1:${port}`);
      expect(await ended).toBe(1);
      expect(said()).toMatch(says);
      server.close();
    }
  });
});
