// Pictures and texts → an index, and again after changes; queries of several parts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPicture } from '../../../src/data/pictures/decode.node.ts';
import { encodePng } from '../../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../../src/data/shapes/shapes.ts';
import { load } from '../../../src/tasks/load.node.ts';
import { LoadedModel } from '../../../src/tasks/loaded-model.ts';
import { buildIndex } from '../../../src/tasks/search/build-index.node.ts';
import { queryVector } from '../../../src/tasks/search/query-vector.ts';
import { openIndex } from '../../../src/tasks/search/search-index.node.ts';
import { temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const at = (...path: string[]): string => join(folder, ...path);
const shapes = shapesTest();
let loaded: LoadedModel;

function writeShape(path: string, index: number): void {
  const { data, width, height } = shapes.image(index);
  writeFileSync(path, encodePng(data as Uint8Array, width, height));
}

beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm', onNote: () => {} });
  mkdirSync(at('photos/deep'), { recursive: true });
  for (let i = 0; i < 10; i++) writeShape(at('photos', i === 9 ? 'deep/9.png' : `${i}.png`), i);
  writeFileSync(at('photos/broken.png'), readFileSync(at('photos/0.png')).subarray(0, 60));
});

describe('an index of a folder', () => {
  const build = (...specs: string[]) => buildIndex(loaded, specs, at('photos.index'), { onNote: () => {} });

  test('holds each picture that can be read, found first by itself', async () => {
    const { sides, broken } = await build(at('photos'));
    expect(sides).toEqual({
      image: { rows: 10, added: 10, changed: 0, removed: 0, unchanged: 0, exact: true },
    });
    expect(broken).toEqual([{ name: at('photos/broken.png'), reason: expect.stringMatching(/^the PNG/) }]);
    const index = await openIndex(at('photos.index'), loaded);
    const picture = await readPicture(at('photos/deep/9.png'));
    const [best] = await index.search(await queryVector(loaded, [{ picture }]), { top: 1 });
    expect(best).toEqual({ id: at('photos/deep/9.png'), score: expect.closeTo(1, 4) });
    index.close();
  });

  test('again: only what is new or changed is encoded, what is gone is taken out, what is broken is told again', async () => {
    expect((await build(at('photos'))).sides.image).toMatchObject({ added: 0, changed: 0, unchanged: 10 });
    writeShape(at('photos/3.png'), 77);
    writeShape(at('photos/new.png'), 20);
    rmSync(at('photos/5.png'));
    writeFileSync(at('photos/6.png'), 'broken since');
    const { sides, broken } = await build(at('photos'));
    expect(sides.image).toMatchObject({ rows: 9, added: 1, changed: 1, removed: 2, unchanged: 7 });
    expect(broken.map(({ name }) => name)).toEqual([at('photos/6.png'), at('photos/broken.png')]);
    const index = await openIndex(at('photos.index'));
    const query = await queryVector(loaded, [{ picture: shapes.image(77) }]);
    expect((await index.search(query, { top: 1 }))[0]!.id).toBe(at('photos/3.png'));
    const ids = (await index.search(query, { top: 100 })).map(({ id }) => id);
    expect(ids).toHaveLength(9);
    expect(ids).not.toContain(at('photos/5.png'));
    index.close();
  });

  test('of something else beside it: what came from other specs stays; texts are found by pictures', async () => {
    writeFileSync(
      at('table.csv'),
      'image,caption,label\nphotos/0.png,a first one,one\nphotos/0.png,said twice,one\nphotos/1.png,said twice,two\n',
    );
    writeFileSync(
      at('captions.txt'),
      "a photo of a red circle\nthe artist's blue star\n\na photo of a red circle\n",
    );
    const { sides } = await build(at('captions.txt'), at('table.csv'));
    // The table's pictures were there under the same names; what is said of them is new.
    expect(sides.image).toMatchObject({ rows: 9, added: 0, changed: 2, removed: 0 });
    expect(sides.text).toMatchObject({ rows: 4, added: 4 });
    const index = await openIndex(at('photos.index'));
    const query = await queryVector(loaded, [{ text: "the artist's blue star" }]);
    const [best] = await index.search(query, { to: 'text', top: 1 });
    expect(best).toEqual({
      id: "the artist's blue star",
      score: expect.closeTo(1, 4),
      caption: "the artist's blue star",
    });
    const where = "label = 'one'";
    expect(await index.search(query, { where })).toMatchObject([
      { label: 'one', caption: 'a first one / said twice' },
    ]);
    index.close();
    // A text that is gone, quotes and all.
    writeFileSync(at('captions.txt'), 'a photo of a red circle\n');
    expect((await build(at('captions.txt'))).sides.text).toMatchObject({ rows: 3, removed: 1, unchanged: 1 });
  });

  test('is refused to another model, to a second writer, in a folder of other things', async () => {
    const other = new LoadedModel(
      'other',
      loaded.backend,
      Object.create(loaded.model, {
        config: { value: { ...loaded.model.config, activation: 'gelu' } },
      }),
      loaded.tokenizer,
    );
    await expect(openIndex(at('photos.index'), other)).rejects.toThrow(
      /made with another model: expected mini, got other \(--model mini, or index again into another folder\)/,
    );
    await expect(buildIndex(other, [at('photos')], at('photos.index'))).rejects.toThrow(/another model/);
    const both = await Promise.allSettled([build(at('photos')), build(at('photos'))]);
    const failed = both.filter(({ status }) => status === 'rejected');
    expect(failed).toMatchObject([
      { reason: { message: expect.stringMatching(/is being written by another process already/) } },
    ]);
    await expect(buildIndex(loaded, [at('photos')], at('photos'))).rejects.toThrow(
      /holds other things than an index/,
    );
    await expect(build(at('nowhere'))).rejects.toThrow(/no such file or folder/);
    await expect(build()).rejects.toThrow(/nothing to index/);
  });
});

describe('a query', () => {
  test('of several parts is their sum, each of length 1 and times its weight', async () => {
    const picture = shapes.image(3);
    const [a, b] = await Promise.all([
      queryVector(loaded, [{ picture }]),
      queryVector(loaded, [{ text: 'blue' }]),
    ]);
    const both = await queryVector(loaded, [{ text: 'blue', weight: -0.5 }, { picture }]);
    const sum = a.map((value, i) => value - 0.5 * b[i]!);
    const length = Math.hypot(...sum);
    expect(Math.hypot(...both)).toBeCloseTo(1, 5);
    both.forEach((value, i) => {
      expect(value).toBeCloseTo(sum[i]! / length, 5);
    });
  });

  test.each([
    [[], {}, /an empty query/],
    [[{ text: ' ' }], {}, /an empty query/],
    [[{ text: 'red', weight: 0 }], {}, /a number other than 0, got 0/],
    [[{ text: 'red' }, { text: 'red', weight: -1 }], {}, /take each other away/],
    [[{ text: 'red '.repeat(40) }], {}, /context length|tokens/],
  ] as const)('%j is refused in one line', async (parts, options, reason) => {
    await expect(queryVector(loaded, parts, options)).rejects.toThrow(reason);
  });

  test('over the context length is cut where that is asked for', async () => {
    const long = [{ text: 'red '.repeat(40) }];
    expect(Math.hypot(...(await queryVector(loaded, long, { truncate: true })))).toBeCloseTo(1, 5);
  });
});
