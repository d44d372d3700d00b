// clip-tfjs index and search at an object store, a real S3 server on this machine: from process to process, again after
// changes, killed, by two at once; and what a store that fails makes them say.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, clip, folder, wasm, writeShape } from './embed-support.ts';
import { ROOT } from './run.ts';
import { hasS3, S3Server } from './s3-server.ts';

const MAIN = join(ROOT, 'dist/cli/main.js');
const COUNT = 120;
const s3 = new S3Server();
const running = new Set<ChildProcess>();
const silent = createServer(() => {}).on('connection', (socket) => socket.on('error', () => {}));

interface Ended {
  status: number | null;
  said: string;
}

/** A process of its own, beside this one; killed (kill -9) once it has said so many lines. */
async function start(
  args: string[],
  { env = {}, killAfter = Number.POSITIVE_INFINITY } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
      if (said.split('\n').length > killAfter) child.kill('SIGKILL');
    });
  }
  const [status] = await once(child, 'close');
  running.delete(child);
  return { status, said };
}

/** Indexes pictures, committing 16 at a time, and says how far it is. */
const INDEXING = `
  const { buildIndex, load } = await import(${JSON.stringify(join(ROOT, 'dist/index.js'))});
  const loaded = await load('mini', { backend: 'wasm', onNote: () => {} });
  const onProgress = (what, done) => process.stdout.write(done + '\\n');
  const built = await buildIndex(loaded, process.argv.slice(2), process.argv[1], { batch: 8, commitRows: 16, onProgress });
  console.log(JSON.stringify(built.sides.image));
`;
const indexing = (uri: string, specs: string[], killAfter?: number): Promise<Ended> =>
  start(['--input-type=module', '-e', INDEXING, uri, ...specs], { killAfter });

/** Indexes to the end, again where another writer's commit came first, as the message says. */
async function indexed(
  uri: string,
  specs: string[],
): Promise<{ rows: number; added: number; unchanged: number }> {
  const { said } = await indexing(uri, specs);
  if (said.includes('another process writing to it')) return indexed(uri, specs);
  return JSON.parse(said.trim().split('\n').at(-1)!);
}

/** The names of all that is there, each as often as it is. */
function idsIn(uri: string): string[] {
  const { stdout, stderr, status } = clip('search', uri, 'a shape', '--top', '1000', '--json', ...wasm);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout)
    .results.map(({ id }: { id: string }) => id)
    .sort();
}

describe.skipIf(!hasS3())('an index at an object store', () => {
  let unanswered: Promise<Ended>;

  beforeAll(async () => {
    for (const set of ['few', 'many', 'others']) mkdirSync(at(set));
    for (let i = 0; i < 10; i++) writeShape(`few/${i}.png`, i);
    for (let i = 0; i < COUNT; i++) writeShape(`many/${i}.png`, i);
    for (let i = 0; i < 40; i++) writeShape(`others/${i}.png`, COUNT + i);
    await s3.start('bucket');
    const keys = { AWS_ACCESS_KEY_ID: 'one', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
    Object.assign(process.env, keys, { AWS_ENDPOINT: s3.url, AWS_ALLOW_HTTP: 'true' });
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as { port: number };
    // It takes half a minute: long enough for all other tests.
    unanswered = start([MAIN, 'search', 's3://bucket/few', 'red'], {
      env: { AWS_ENDPOINT: `http://127.0.0.1:${port}` },
    });
  });

  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    silent.close();
    await s3.stop();
  });

  const few = (...args: string[]) => clip('index', ...args, '--out', 's3://bucket/few', ...wasm);

  test('is searched by another process, and brought up to date', () => {
    const { status, stdout, stderr } = few('few', 'captions.txt');
    expect(stdout, stderr).toMatch(/^pictures in s3:\/\/bucket\/few: 10 \(10 added\)/);
    expect([status, stderr]).toEqual([0, 'engine: wasm\n']); // LanceDB's core says nothing of its own
    const found = clip('search', 's3://bucket/few', '--image', 'few/7.png', '--top', '1', ...wasm);
    expect(found.stdout, found.stderr).toBe('1.0000  few/7.png\n');
    expect(few('few').stdout).toMatch(/10 \(10 unchanged\)/);
    rmSync(at('few/5.png'));
    writeShape('few/3.png', 77);
    writeShape('few/again.png', 7);
    expect(few('few').stdout).toMatch(/10 \(1 added, 1 changed, 1 removed, 8 unchanged\)/);
    expect(idsIn('s3://bucket/few')).toEqual(
      ['0', '1', '2', '3', '4', '6', '7', '8', '9', 'again'].map((name) => `few/${name}.png`),
    );
  });

  test('--check and dups', () => {
    const check = clip('index', '--check', 's3://bucket/few', '--json');
    expect(JSON.parse(check.stdout).recalls).toHaveLength(4);
    const dups = clip('index', 'dups', 's3://bucket/few', '--above', '0.9999', ...wasm);
    expect(dups.stdout, dups.stderr).toMatch(/^1\.0000 {2}few\/(7|again)\.png {2}few\/(7|again)\.png\n$/);
  });

  test('has an approximate index', () => {
    const args = ['shapes', '--out', 's3://bucket/shapes', '--exact-up-to', '1000', ...wasm];
    expect(clip('index', ...args).stdout).toMatch(/2000 \(2000 added\); .*approximate/);
    const { stdout, stderr } = clip('index', '--check', 's3://bucket/shapes', '--json');
    const [{ exact, recallAt10 }] = JSON.parse(stdout).recalls;
    expect(exact, stderr).toBe(false);
    expect(recallAt10).toBeGreaterThan(0.9);
  });

  test('killed (kill -9) three times and started again: nothing is lost and nothing is there twice', async () => {
    for (const lines of [3, 5, 8]) await indexing('s3://bucket/killed', ['many'], lines);
    const { rows, added, unchanged } = await indexed('s3://bucket/killed', ['many']);
    expect([rows, added + unchanged]).toEqual([COUNT, COUNT]);
    expect(unchanged).toBeGreaterThan(0);
    expect(new Set(idsIn('s3://bucket/killed')).size).toBe(COUNT);
    expect(idsIn('s3://bucket/killed')).toHaveLength(COUNT);
  });

  test('by two writers at once: what both wrote is there, and once', async () => {
    const both = await Promise.all([
      indexed('s3://bucket/two', ['many', 'others']),
      indexed('s3://bucket/two', ['many']),
    ]);
    for (const { added } of both) expect(added).toBeGreaterThan(0);
    const { rows, unchanged } = await indexed('s3://bucket/two', ['many', 'others']);
    expect([rows, unchanged]).toEqual([COUNT + 40, COUNT + 40]);
    expect(new Set(idsIn('s3://bucket/two')).size).toBe(COUNT + 40);
  });

  describe('that fails says so in one line', () => {
    const line = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
      const { status, said } = await start([MAIN, ...args], { env });
      expect(status, said).toBe(1);
      const lines = said.split('\n').filter((one) => one !== '' && one !== 'engine: wasm');
      expect(lines).toHaveLength(1);
      return lines[0]!;
    };
    const search = (env: NodeJS.ProcessEnv, uri = 's3://bucket/few') => line(['search', uri, 'red'], env);

    test('no such bucket, to write and to read', async () => {
      const said = `clip-tfjs: s3://nowhere/x cannot be opened: got "The specified bucket does not exist" (NoSuchBucket) from ${s3.url} (make the bucket first)`;
      expect(await search({}, 's3://nowhere/x')).toBe(said);
      expect(await line(['index', 'few', '--out', 's3://nowhere/x'])).toBe(said);
    });

    test('no index there', async () => {
      expect(await search({}, 's3://bucket/none')).toMatch(/s3:\/\/bucket\/none is no index: .*no tables/);
    });

    test('keys that the store does not know, and none', async () => {
      await s3.authenticate(true);
      expect(await search({})).toMatch(/\(InvalidAccessKeyId\) from .* \(AWS_ACCESS_KEY_ID/);
      await s3.authenticate(false);
      const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      expect(await search({ ...none, AWS_EC2_METADATA_DISABLED: 'true' })).toMatch(/got no credentials/);
    });

    test('http that nobody allowed, a store that is not there', async () => {
      expect(await search({ AWS_ALLOW_HTTP: undefined })).toMatch(/\(AWS_ALLOW_HTTP=true allows http\)$/);
      expect(await search({ AWS_ENDPOINT: 'http://127.0.0.1:9' })).toBe(
        'clip-tfjs: s3://bucket/few cannot be opened: got "Connection refused" from http://127.0.0.1:9 (is AWS_ENDPOINT right, and is the store there?)',
      );
    });

    test('an index of another model', async () => {
      expect(await line(['search', 's3://bucket/few', 'red', '--model', 'judge', ...wasm])).toMatch(
        /s3:\/\/bucket\/few was made with another model: expected mini, got judge/,
      );
    });

    test('a store that never answers', async () => {
      const { status, said } = await unanswered;
      expect(said).toMatch(/^clip-tfjs: s3:\/\/bucket\/few cannot be opened: got no answer from http.*\n$/);
      expect(status).toBe(1);
    });
  });
});
