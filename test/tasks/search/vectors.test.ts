// Indexes of vectors that no model made: exact and approximate search, rows that come later, recall, duplicates, refusals.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Vectors } from '../../../bench/search-vectors.ts';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { keepApproximate } from '../../../src/tasks/search/approximate.node.ts';
import { duplicates } from '../../../src/tasks/search/duplicates.node.ts';
import { indexRecall } from '../../../src/tasks/search/recall.node.ts';
import { openIndex } from '../../../src/tasks/search/search-index.node.ts';
import { vectorBlocks } from '../../../src/tasks/search/vectors.node.ts';
import { fill, MADE, named, temporaryFolder, vectors, WIDTH } from './support.ts';

const folder = temporaryFolder();
const COUNT = 1500;
const values = vectors(COUNT, 'rows');
const row = (i: number): Float32Array => values.slice(i * WIDTH, (i + 1) * WIDTH);
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const exact = join(folder, 'exact');

beforeAll(async () => {
  await startEngine('wasm');
  (await fill(exact, named(COUNT, 'row'), values)).connection.close();
});

describe('an exact search', () => {
  test('gives the rows of the greatest cosines, best first, with what is stored of them', async () => {
    const index = await openIndex(exact);
    const query = vectors(1, 'query');
    const truth = Array.from({ length: COUNT }, (_, i) => ({ i, score: dot(query, row(i)) }));
    truth.sort((a, b) => b.score - a.score);
    const hits = await index.search(query, { top: 7 });
    expect(hits.map(({ id }) => id)).toEqual(truth.slice(0, 7).map(({ i }) => `row ${i}`));
    hits.forEach(({ score, label }, at) => {
      expect(score).toBeCloseTo(truth[at]!.score, 5);
      expect(label).toBe(truth[at]!.i % 2 === 0 ? 'even' : "odd's");
    });
    expect(await index.sizes()).toEqual({ image: { rows: COUNT, exact: true } });
    index.close();
  });

  test('keeps to a condition, quotes and all, and to the best of those it leaves', async () => {
    const index = await openIndex(exact);
    const hits = await index.search(row(4), { top: 5, where: "label = 'odd''s'" });
    expect(hits).toHaveLength(5);
    expect(new Set(hits.map(({ label }) => label))).toEqual(new Set(["odd's"]));
    expect(await index.search(row(4), { top: 5, where: "label = 'neither'" })).toEqual([]);
    index.close();
  });

  test.each([
    ["lable = 'x'", /No field named lable/],
    ['label = ', /parse/i],
    ['label = 3', /could not convert/],
    ['label', /boolean/],
    [' ', /an empty condition/],
  ])('says in one line what is wrong with the condition %j', async (where, reason) => {
    const index = await openIndex(exact);
    const error = await index.search(row(0), { where }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'ClipError', message: expect.stringMatching(reason) });
    expect((error as Error).message).toMatch(/SQL over id, source, label, caption/);
    expect((error as Error).message).not.toMatch(/\n|\.rs:|GenericFailure/);
    index.close();
  });

  test('refuses a vector of another length, one not of length 1, and a side that is not there', async () => {
    const index = await openIndex(exact);
    await expect(index.search(new Float32Array(5))).rejects.toThrow(
      /expected 128 numbers of length 1, got 5 numbers/,
    );
    await expect(index.search(new Float32Array(WIDTH))).rejects.toThrow(/got length 0/);
    await expect(index.search(row(0), { to: 'text' })).rejects.toThrow(/has no texts: got pictures only/);
    index.close();
  });
});

describe('an approximate index', () => {
  const approximate = join(folder, 'approximate');

  test('is made above a number of rows, finds what exact search finds, and rows that came after it', async () => {
    const structured = new Vectors('embeddings', WIDTH).draw(COUNT, 'rows'); // [COUNT, WIDTH]
    const store = await fill(approximate, named(COUNT, 'row'), structured);
    const table = store.tables.image!;
    expect(await keepApproximate(store.packages, table, WIDTH, true, { exactUpTo: COUNT })).toBe(false);
    expect(await keepApproximate(store.packages, table, WIDTH, true, { exactUpTo: COUNT - 1 })).toBe(true);
    const [recall] = await indexRecall(approximate, { queries: 40 });
    expect(recall).toMatchObject({ to: 'image', by: 'image', rows: COUNT, queries: 40, exact: false });
    // All partitions are looked through: what is missed is what a bit a dimension loses.
    expect(recall!.recallAt10).toBeGreaterThan(0.95);

    const later = vectors(3, 'later');
    (await fill(approximate, named(3, 'later'), later)).connection.close();
    const index = await openIndex(approximate);
    expect((await index.sizes()).image).toEqual({ rows: COUNT + 3, exact: false });
    for (let i = 0; i < 3; i++) {
      const [best] = await index.search(later.slice(i * WIDTH, (i + 1) * WIDTH), { top: 1 });
      expect(best).toMatchObject({ id: `later ${i}`, score: expect.closeTo(1, 4) });
    }
    index.close();
    await table.checkoutLatest();
    expect(await keepApproximate(store.packages, table, WIDTH, true, { exactUpTo: COUNT - 1 })).toBe(true);
    const [stats] = await Promise.all((await table.listIndices()).map(({ name }) => table.indexStats(name)));
    expect(stats).toMatchObject({ numIndexedRows: COUNT + 3, numUnindexedRows: 0 });
    // And is dropped where it is wanted no more.
    expect(await keepApproximate(store.packages, table, WIDTH, false, { exactUpTo: 9999 })).toBe(false);
    expect(await table.listIndices()).toEqual([]);
    store.connection.close();
  });

  test('that is not there: recall is not claimed', async () => {
    expect(await indexRecall(exact, { queries: 5 })).toMatchObject([
      { exact: true, recallAt10: 1, queries: 5 },
    ]);
  });
});

test('blocks of vectors are all rows once, in order, whatever their size', async () => {
  const store = await fill(join(folder, 'blocks'), named(COUNT, 'row'), values);
  for (const size of [1, 499, 500, 4000]) {
    const ids: string[] = [];
    let largest = 0;
    for await (const block of vectorBlocks(store.tables.image!, size)) {
      ids.push(...block.ids);
      largest = Math.max(largest, block.ids.length);
      expect(block.vectors).toHaveLength(block.ids.length * WIDTH);
      if (size === 1 && ids.length > 20) break;
    }
    if (size > 1) expect(ids).toEqual(named(COUNT, 'row').map(({ id }) => id));
    expect(largest).toBe(Math.min(size, COUNT));
  }
  store.connection.close();
});

test('duplicates are the planted pairs and no others, across blocks', async () => {
  const many = vectors(2500, 'many'); // more than a block
  const plant = (from: number, to: number) => many.copyWithin(to * WIDTH, from * WIDTH, (from + 1) * WIDTH);
  for (const [from, to] of [
    [3, 4],
    [0, 2499],
    [2100, 2200],
  ] as const)
    plant(from, to);
  const uri = join(folder, 'duplicates');
  (await fill(uri, named(2500, 'row'), many)).connection.close();
  const { pairs, rows, cut } = await duplicates(uri, { above: 0.999 });
  expect([rows, cut]).toEqual([2500, false]);
  const names = pairs.map(({ a, b }) => `${a} = ${b}`).sort();
  expect(names).toEqual(['row 0 = row 2499', 'row 2100 = row 2200', 'row 3 = row 4']);
  for (const { score } of pairs) expect(score).toBeCloseTo(1, 5);
  await expect(duplicates(uri, { above: 1 })).rejects.toThrow(/expected a number from -1, below 1, got 1/);
});

describe('what is no index is told in one line', () => {
  const refused = async (uri: string): Promise<string> => {
    const error: Error = await openIndex(uri).then(
      () => Promise.reject(new Error('it was opened')),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ name: 'ClipError' });
    expect(error.message).not.toMatch(/\n|\.rs:/);
    return error.message;
  };

  test('nothing there, and nothing is made', async () => {
    expect(await refused(join(folder, 'nowhere'))).toMatch(/nowhere is no index: .*got no such folder/);
    expect(readdirSync(folder)).not.toContain('nowhere');
  });

  test('another folder; one whose writer ended before its first commit', async () => {
    mkdirSync(join(folder, 'other/photos'), { recursive: true });
    expect(await refused(join(folder, 'other'))).toMatch(/is no index: .*without its tables/);
    mkdirSync(join(folder, 'half/pictures.lance/_versions'), { recursive: true });
    expect(await refused(join(folder, 'half'))).toMatch(/is no index/);
    // Which an index goes on from.
    const store = await fill(join(folder, 'half'), named(2, 'row'), values.subarray(0, 2 * WIDTH));
    expect(await store.tables.image!.countRows()).toBe(2);
    store.connection.close();
  });

  test('one of another version, and one of something else', async () => {
    const store = await fill(join(folder, 'version'), [], new Float32Array());
    await store.connection.dropTable('pictures');
    const { makeTable } = await import('../../../src/tasks/search/store.node.ts');
    await makeTable(store, 'image', { ...MADE, format: 99 });
    expect(await refused(join(folder, 'version'))).toMatch(
      /another version of clip-tfjs: expected format 1, got 99/,
    );
    await store.connection.dropTable('pictures');
    await store.connection.createTable('pictures', [{ id: 'x', vector: [1, 2] }]);
    expect(await refused(join(folder, 'version'))).toMatch(/is no index of clip-tfjs/);
    store.connection.close();
  });

  test('one whose files are gone', async () => {
    const uri = join(folder, 'damaged');
    (await fill(uri, named(10, 'row'), values.subarray(0, 10 * WIDTH))).connection.close();
    rmSync(join(uri, 'pictures.lance/data'), { recursive: true });
    const index = await openIndex(uri);
    const error = await index.search(row(0)).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(/damaged cannot be searched/);
    expect((error as Error).message).not.toMatch(/\n|\.rs:/);
    index.close();
  });
});
