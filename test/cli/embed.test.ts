// clip-tfjs embed: what it writes, and what each row is of.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { decodeNpy } from '../../src/data/npy.ts';
import { at, clip, readRows, wasm } from './embed-support.ts';

function readArray(path: string): { shape: number[]; data: Float32Array } {
  return decodeNpy(readFileSync(at(path))) as { shape: number[]; data: Float32Array };
}

/** The furthest apart of two numbers. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

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
