// clip-tfjs embed: what it writes, what each row is of, and what it says where it cannot.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { decodeNpy } from '../../src/data/npy.ts';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const shapes = shapesTest();
const at = (...path: string[]): string => join(folder, ...path);
const wasm = ['--backend', 'wasm'] as const;

function writeShape(path: string, index: number): void {
  const { data, width, height } = shapes.image(index);
  writeFileSync(at(path), encodePng(data as Uint8Array, width, height));
}

function readArray(path: string): { shape: number[]; data: Float32Array } {
  return decodeNpy(readFileSync(at(path))) as { shape: number[]; data: Float32Array };
}

function readRows(path: string): unknown[] {
  return readFileSync(at(path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The furthest apart of two numbers. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

beforeAll(() => {
  mkdirSync(at('pictures/deep/er'), { recursive: true });
  mkdirSync(at('empty'));
  for (const [i, path] of ['b.png', 'a.png', 'deep/er/c.png'].entries()) writeShape(`pictures/${path}`, i);
  writeFileSync(at('pictures/notes.txt'), 'no picture');
  mkdirSync(at('some-broken'));
  for (let i = 0; i < 9; i++) writeShape(`some-broken/${i}.png`, i);
  writeFileSync(at('some-broken/4.png'), readFileSync(at('some-broken/4.png')).subarray(0, 60));
  writeFileSync(at('table.csv'), 'picture,label\npictures/b.png,ring\npictures/a.png,star\n');
  writeFileSync(at('bare.csv'), 'path\npictures/b.png\npictures/a.png\n');
  writeFileSync(at('captions.txt'), 'red star\na photo of a blue circle\n\nred star\n');
});

describe('pictures', () => {
  test('of a folder and all below it, by path, with the list of rows beside the features', () => {
    const { status, stdout, stderr } = clip(
      'embed',
      'pictures',
      '--out',
      'new/folder.npy',
      '--json',
      ...wasm,
    );
    expect(stderr).toMatch(/1 files are no PNG, JPEG, WebP or GIF and are passed over: notes\.txt/);
    expect(status).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({
      model: 'mini',
      backend: 'wasm',
      of: 'pictures',
      count: 3,
      width: 128,
      dtype: 'f32',
      normalized: false,
      file: 'new/folder.npy',
      rows: 'new/folder.rows.jsonl',
      broken: [],
    });
    expect(said.busy).toBeGreaterThan(0);
    expect(said.busy).toBeLessThanOrEqual(1);
    expect(readArray('new/folder.npy').shape).toEqual([3, 128]);
    const names = ['pictures/a.png', 'pictures/b.png', 'pictures/deep/er/c.png'];
    expect(readRows('new/folder.rows.jsonl')).toEqual(names.map((picture) => ({ picture })));
    expect(readdirSync(at('new')).sort()).toEqual(['folder.npy', 'folder.rows.jsonl']); // nothing else is left there

    // The rows are those of the same pictures in another order, one at a time, from files named one by one.
    const files = names.toReversed();
    expect(clip('embed', ...files, '--out', 'files.npy', '--batch', '1', ...wasm).status).toBe(0);
    const [whole, single] = [readArray('new/folder.npy').data, readArray('files.npy').data];
    for (let row = 0; row < 3; row++) {
      const other = single.subarray((2 - row) * 128, (3 - row) * 128);
      expect(apart(whole.subarray(row * 128, (row + 1) * 128), other)).toBeLessThan(1e-5);
    }
  });

  test('of a table, in its order and with its classes; one without captions and classes will do', () => {
    expect(clip('embed', 'table.csv', '--out', 'table.safetensors', ...wasm).status).toBe(0);
    expect(clip('embed', 'bare.csv', '--out', 'bare.npy', ...wasm).status).toBe(0);
    expect(readRows('bare.rows.jsonl')).toEqual([
      { picture: 'pictures/b.png' },
      { picture: 'pictures/a.png' },
    ]);
  });

  test('in a .safetensors, with rows, model and normalized as metadata', async () => {
    const { status } = clip(
      'embed',
      'table.csv',
      '--out',
      'one.safetensors',
      '--normalize',
      '--dtype',
      'f16',
      ...wasm,
    );
    expect(status).toBe(0);
    const { tensors, metadata } = await openCheckpoint(bytesSource(readFileSync(at('one.safetensors'))));
    const tensor = tensors.get('features')!;
    expect([tensor.dtype, tensor.shape]).toEqual(['F16', [2, 128]]);
    expect(JSON.parse(metadata.get('rows')!)).toEqual([
      { picture: 'pictures/b.png', label: 'ring' },
      { picture: 'pictures/a.png', label: 'star' },
    ]);
    expect([metadata.get('model'), metadata.get('normalized')]).toEqual(['mini', 'true']);
    const values = await tensor.readFloat32();
    const length = Math.hypot(...values.subarray(0, 128));
    expect(Math.abs(length - 1)).toBeLessThan(1e-3); // half precision
  });

  test('that are broken are told and have no row', () => {
    const { status, stdout, stderr } = clip('embed', 'some-broken', '--out', 'broken.npy', '--json', ...wasm);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^passed over: some-broken\/4\.png: the PNG's pixels end too early/m);
    const { count, broken } = JSON.parse(stdout);
    expect(count).toBe(8);
    expect(broken).toEqual([
      { picture: 'some-broken/4.png', reason: expect.stringMatching(/^the PNG's pixels/) },
    ]);
    expect(readArray('broken.npy').shape).toEqual([8, 128]);
    expect(readRows('broken.rows.jsonl')).not.toContainEqual({ picture: 'some-broken/4.png' });
  });
});

describe('texts', () => {
  test('of a file, a row a line, whatever order their lengths have', () => {
    expect(clip('embed', '--texts', 'captions.txt', '--out', 'lines.npy', ...wasm).status).toBe(0);
    const { shape, data } = readArray('lines.npy');
    expect(shape).toEqual([4, 128]);
    const texts = ['red star', 'a photo of a blue circle', '', 'red star'];
    expect(readRows('lines.rows.jsonl')).toEqual(texts.map((text) => ({ text })));
    const row = (i: number) => data.subarray(i * 128, (i + 1) * 128);
    expect(apart(row(0), row(3))).toBeLessThan(1e-5);
    const given = texts.slice(0, 2).flatMap((text) => ['--text', text]);
    expect(clip('embed', ...given, '--batch', '1', '--out', 'given.npy', ...wasm).status).toBe(0);
    expect(apart(readArray('given.npy').data, data.subarray(0, 256))).toBeLessThan(1e-5);
  });

  test('of JSON strings and of a column', () => {
    writeFileSync(at('texts.jsonl'), '"red star"\n\n"blue\\ncircle"\n');
    writeFileSync(at('columns.csv'), 'id,Title,said\n1,red star,"blue, circle"\n');
    const of = (...args: string[]): unknown[] => {
      expect(clip('embed', '--texts', ...args, '--out', 'x.npy', '--force', ...wasm).status).toBe(0);
      return readRows('x.rows.jsonl');
    };
    expect(of('texts.jsonl')).toEqual([{ text: 'red star' }, { text: 'blue\ncircle' }]);
    expect(of('columns.csv')).toEqual([{ text: 'red star' }]);
    expect(of('columns.csv', '--column', 'said')).toEqual([{ text: 'blue, circle' }]);
  });
});

describe('what cannot be', () => {
  const long = Array.from({ length: 30 }, () => 'star').join(' ');
  test.each<[name: string, args: string[], status: number, says: RegExp]>([
    [
      'nothing',
      ['--out', 'o.npy'],
      2,
      /nothing to encode: expected pictures, --text or --texts, .* got none/,
    ],
    ['two kinds', ['pictures', '--text', 'a', '--out', 'o.npy'], 2, /one of the three, got several/],
    ['no --out', ['pictures'], 2, /required option '--out <file>' not specified/],
    [
      'another ending',
      ['pictures', '--out', 'o.csv'],
      1,
      /o\.csv: expected a name that ends in \.npy or \.safetensors/,
    ],
    [
      'no such picture',
      ['none.png', '--out', 'o.npy'],
      1,
      /none\.png: expected pictures, got no such file or folder \(give PNG/,
    ],
    [
      'no picture',
      ['captions.txt', '--out', 'o.npy'],
      1,
      /captions\.txt: expected pictures, got another file/,
    ],
    [
      'an empty folder',
      ['empty', '--out', 'o.npy'],
      1,
      /empty has no pictures: expected PNG, JPEG, WebP or GIF files/,
    ],
    [
      'only a broken one',
      ['some-broken/4.png', '--out', 'o.npy'],
      1,
      /no picture of some-broken\/4\.png can be read: got some-broken\/4\.png: the PNG's pixels end too early/,
    ],
    [
      'a text too long',
      ['--text', long, '--out', 'o.npy'],
      1,
      /text too long: expected at most 16 tokens, .* got 32 \(too much is "star/,
    ],
    [
      'no such file of texts',
      ['--texts', 'none.txt', '--out', 'o.npy'],
      1,
      /none\.txt: expected a file of texts, got no such file/,
    ],
    [
      'no such column',
      ['--texts', 'table.csv', '--column', 'said', '--out', 'o.npy'],
      1,
      /table\.csv has no such column: expected said, got picture, label/,
    ],
    [
      'no column of texts',
      ['--texts', 'table.csv', '--out', 'o.npy'],
      1,
      /table\.csv has no column of texts: expected caption or text or title, got picture, label/,
    ],
    [
      'a column of lines',
      ['--texts', 'captions.txt', '--column', 'a', '--out', 'o.npy'],
      1,
      /captions\.txt has no columns: expected a \.csv, \.tsv or \.jsonl file/,
    ],
    [
      'a folder that is a file',
      ['pictures', '--out', 'captions.txt/o.npy'],
      1,
      /nothing can be written to captions\.txt: got a file where a folder is needed/,
    ],
    [
      'half a batch',
      ['pictures', '--batch', '0', '--out', 'o.npy'],
      2,
      /expected a whole number of at least 1/,
    ],
  ])('%s', (_, args, expected, says) => {
    const { status, stdout, stderr } = clip('embed', ...args, ...wasm);
    expect(stderr).toMatch(says);
    expect(status).toBe(expected);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).not.toContain('o.npy');
  });

  test('a file that is there stays, unless --force says otherwise', () => {
    writeFileSync(at('mine.rows.jsonl'), 'mine');
    const refused = clip('embed', 'pictures', '--out', 'mine.npy', ...wasm);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /mine\.rows\.jsonl is there already \(--force replaces it; or give another --out\)/,
    );
    expect(readFileSync(at('mine.rows.jsonl'), 'utf8')).toBe('mine');
    expect(clip('embed', 'pictures', '--out', 'mine.npy', '--force', ...wasm).status).toBe(0);
    expect(readRows('mine.rows.jsonl')).toHaveLength(3);
  });

  test('a file of texts with a line that holds none is refused by its number', () => {
    writeFileSync(at('mixed.jsonl'), '"one"\n{"text": "two"}\n');
    const { status, stderr } = clip('embed', '--texts', 'mixed.jsonl', '--out', 'o.npy', ...wasm);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /mixed\.jsonl line 2: expected one JSON string, got \{"text": "two"\} \(of objects, name the column/,
    );
  });
});

test.skipIf(process.platform === 'win32')(
  'Ctrl-C leaves nothing behind, and what was there as it was',
  async () => {
    mkdirSync(at('stopped'));
    writeFileSync(at('stopped/x.npy'), 'old');
    const args = ['embed', 'shapes', '--out', 'stopped/x.npy', '--force', '--batch', '4', ...wasm];
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: folder });
    await new Promise<void>((resolve) =>
      child.stderr.on('data', (said) => `${said}`.includes('engine') && resolve()),
    );
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    expect(readdirSync(at('stopped'))).toEqual(['x.npy']);
    expect(readFileSync(at('stopped/x.npy'), 'utf8')).toBe('old');
  },
);

test.skipIf(process.platform === 'win32')('a full disk ends it in one line and leaves nothing', () => {
  mkdirSync(at('full'));
  // A limit on the size of files stands in for the disk: one block, less than three rows need.
  const command = ['ulimit -f 1; exec "$0" "$@"', process.execPath, join(ROOT, 'dist/cli/main.js')];
  const args = ['-c', ...command, 'embed', 'pictures', '--out', 'full/x.npy', ...wasm];
  const { status, stderr } = spawnSync('bash', args, { cwd: folder, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^clip-tfjs: .*x\.npy cannot be written: .*is there room on the disk\?\)$/m);
  expect(readdirSync(at('full'))).toEqual([]);
});
