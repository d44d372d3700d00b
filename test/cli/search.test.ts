// clip-tfjs index and search, as a user runs them: what they print, refuse, and survive.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, clip, folder, wasm, writeShape } from './embed-support.ts';
import { ROOT } from './run.ts';

const MAIN = join(ROOT, 'dist/cli/main.js');
const RED_CIRCLES = 14;

beforeAll(() => {
  mkdirSync(at('set'));
  for (let i = 0; i < RED_CIRCLES; i++) writeShape(`set/${i}.png`, i);
  const { status, stderr } = clip(
    'index',
    'set',
    'captions.txt',
    'some-broken',
    '--out',
    'set.index',
    ...wasm,
  );
  expect(stderr).toMatch(/^passed over: some-broken\/4\.png/m);
  expect(stderr).not.toMatch(/WARN|lance/i); // LanceDB's core says nothing of its own
  expect(status).toBe(0);
});

test('a search by text and by picture, both ways, as JSON', () => {
  const { status, stdout, stderr } = clip(
    'search',
    'set.index',
    '--image',
    'set/3.png',
    '--top',
    '2',
    '--json',
    ...wasm,
  );
  expect(status, stderr).toBe(0);
  const said = JSON.parse(stdout);
  expect(said).toMatchObject({
    query: 'set/3.png',
    model: 'mini',
    parts: [{ image: 'set/3.png', weight: 1 }],
  });
  expect(said.results).toHaveLength(2);
  // set/3.png and some-broken/3.png are one picture.
  for (const { id, score } of said.results) {
    expect(id).toMatch(/^(set|some-broken)\/3\.png$/);
    expect(score).toBeCloseTo(1, 4);
  }
  const texts = clip('search', 'set.index', 'a blue circle', '--to', 'text', '--top', '1', ...wasm);
  expect(texts.stdout).toMatch(/^0\.\d{4} {2}a photo of a blue circle\n$/);
});

test('a picture and a text, weights stated, drawn', () => {
  const args = ['--image', 'set/0.png', 'but blue', '--weights', '1,0.5', '--figure', 'found.png', '--json'];
  const { status, stdout, stderr } = clip('search', 'set.index', ...args, ...wasm);
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout).query).toBe('set/0.png + 0.5 × "but blue"');
  expect(readFileSync(at('found.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('--check and dups', () => {
  const check = JSON.parse(clip('index', '--check', 'set.index', '--json').stdout);
  expect(check.recalls.map(({ to, by }: { to: string; by: string }) => `${by} → ${to}`)).toEqual([
    'image → image',
    'text → image',
    'image → text',
    'text → text',
  ]);
  const { status, stdout, stderr } = clip('index', 'dups', 'set.index', '--above', '0.9999', ...wasm);
  expect(status, stderr).toBe(0);
  const pairs = stdout.trim().split('\n');
  expect(pairs).toHaveLength(8); // 0 … 8 without the broken one
  for (const pair of pairs)
    expect(pair).toMatch(/^1\.0000 {2}(set|some-broken)\/(\d)\.png {2}(set|some-broken)\/\2\.png$/);
});

describe('what is refused, in one line', () => {
  test.each([
    [['index', 'set'], 2, /--out: expected/],
    [['index', '--out', 'x'], 2, /nothing to index/],
    [
      ['index', 'nowhere', '--out', 'new.index', ...wasm],
      1,
      /nowhere: expected pictures, got no such file or folder/,
    ],
    [['index', 'empty', '--out', 'new.index', ...wasm], 1, /has no pictures/],
    [['index', 'set', '--out', 'set', ...wasm], 1, /holds other things than an index/],
    [['index', '--check', 'pictures'], 1, /pictures is no index/],
    [['index', 'dups', 'set.index'], 2, /--above/],
    [['search', 'nowhere', 'red'], 1, /nowhere is no index: .*no such folder/],
    [['search', 'set.index'], 2, /an empty query/],
    [['search', 'set.index', ' '], 2, /an empty query/],
    [
      ['search', 'set.index', 'red', '--weights', '1,2'],
      2,
      /expected one each for 0 pictures and 1 texts, got 2/,
    ],
    [['search', 'set.index', 'red '.repeat(40), ...wasm], 1, /--truncate/],
    [['search', 'set.index', 'red', '--where', "lable = 'x'", ...wasm], 1, /No field named lable/],
    [['search', 'set.index', '--image', 'captions.txt', ...wasm], 1, /captions\.txt/],
  ] as const)('%j', (args, expected, reason) => {
    const { status, stdout, stderr } = clip(...args);
    const said = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => line !== 'engine: wasm');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(reason);
    expect([status, stdout]).toEqual([expected, '']);
    expect(existsSync(at('nowhere'))).toBe(false);
  });

  test('a package that is not installed: which, and how to add it', () => {
    // The package is hidden from the program, as if it were not there.
    writeFileSync(
      at('hidden.mjs'),
      `export const resolve = (name, context, next) => {
        if (name !== '@lancedb/lancedb') return next(name, context);
        throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
      };`,
    );
    const hook = "import { register } from 'node:module'; register('./hidden.mjs', import.meta.url);";
    writeFileSync(at('hide.mjs'), hook);
    const hide = pathToFileURL(at('hide.mjs')).href;
    const args = ['--import', hide, MAIN, 'search', 'set.index', 'red'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe(
      'clip-tfjs: an index needs LanceDB, which is not installed (npm install @lancedb/lancedb@0.37.1 apache-arrow@18.1.0)\n',
    );
    expect(status).toBe(1);
  });

  test.skipIf(process.platform === 'win32')('a full disk', () => {
    // A limit on the size of files stands in for the disk: 4 kB, where the vectors need 7.
    const command = [
      'ulimit -f 4; exec "$0" "$@"',
      process.execPath,
      MAIN,
      'index',
      'set',
      '--out',
      'full.index',
      ...wasm,
    ];
    const { status, stderr } = spawnSync('bash', ['-c', ...command], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(
      /^clip-tfjs: full\.index cannot be written: the disk is full \(make room and go on\)$/m,
    );
    expect(status).toBe(1);
    const again = clip('index', 'set', '--out', 'full.index', ...wasm);
    expect(again.stdout, again.stderr).toMatch(/pictures in full\.index: 14 \(14 added\)/);
  });
});

/** Indexes 300 pictures, committing 32 at a time, in a process of its own. */
const INDEXING = `
  const { buildIndex, load } = await import(${JSON.stringify(join(ROOT, 'dist/index.js'))});
  const loaded = await load('mini', { backend: 'wasm', onNote: () => {} });
  const onProgress = (what, done) => process.stdout.write(done + '\\n');
  const built = await buildIndex(loaded, ['shapes.csv'], process.argv[1], { batch: 16, commitRows: 32, onProgress });
  console.log(JSON.stringify(built.sides));
`;

test('killed (kill -9) at moments of chance and started again: nothing is lost and nothing is there twice', async () => {
  const COUNT = 240;
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
  console.log(`SEED=${seed}`); // to see the same again
  mkdirSync(at('many'));
  for (let i = 0; i < COUNT; i++) writeShape(`many/${i}.png`, i);
  const lines = Array.from({ length: COUNT }, (_, i) => `many/${i}.png,picture ${i}`);
  writeFileSync(at('shapes.csv'), `path,label\n${lines.join('\n')}\n`);
  const run = (out: string, killAfter: number): Promise<string> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', INDEXING, out], { cwd: folder });
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += chunk;
        if (said.split('\n').length > killAfter) child.kill('SIGKILL');
      });
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      child.once('close', () => resolve(said));
    });
  const sidesOf = (said: string) => JSON.parse(said.trim().split('\n').at(-1)!);
  let state = seed;
  for (let kills = 0; kills < 3; kills++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    await run('killed.index', 4 + Math.floor((state / 2 ** 32) * 10));
  }
  const last = sidesOf(await run('killed.index', 1000));
  const { added, unchanged, rows } = last.image;
  expect([added + unchanged, rows]).toEqual([COUNT, COUNT]);
  console.log(`${unchanged} of ${COUNT} were kept through three kills`);
  expect(sidesOf(await run('killed.index', 1000)).image).toMatchObject({ added: 0, unchanged: COUNT });
  // Every picture is there once, and is the one it should be.
  const { openIndex } = await import('../../src/tasks/search/search-index.node.ts');
  await run('whole.index', 1000);
  const [killed, whole] = [await openIndex(at('killed.index')), await openIndex(at('whole.index'))];
  const query = new Float32Array(killed.width).fill(1 / Math.sqrt(killed.width));
  const [a, b] = [await killed.search(query, { top: 1000 }), await whole.search(query, { top: 1000 })];
  expect(new Set(a.map(({ id }) => id)).size).toBe(COUNT);
  expect(a).toHaveLength(COUNT);
  const scores = new Map(b.map(({ id, score }) => [id, score]));
  for (const { id, score } of a) expect(score).toBeCloseTo(scores.get(id)!, 4);
  killed.close();
  whole.close();
}, 240_000);
