// clip-tfjs embed: what it says where it cannot, and that it then leaves all as it was.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { at, clip, folder, readRows, wasm } from './embed-support.ts';
import { ROOT } from './run.ts';

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
