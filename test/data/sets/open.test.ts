// Whatever pictures are called by: names, folders, tables, CIFAR's layout.
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openPictureSet } from '../../../src/data/sets/open.node.ts';
import { shapesTest, shapesTrain } from '../../../src/data/shapes/shapes.ts';
import { tarOf } from '../bytes/tar-writer.ts';
import { python2Pickle, tinyCifar } from '../pickle/pickle-writer.ts';
import { refusal, temporaryFolder } from './temporary.ts';

test('shapes: both splits, the classes that are kept from training marked', async () => {
  const train = await openPictureSet('shapes', 'train');
  const held = await openPictureSet('shapes', 'test');
  expect([train.count, held.count]).toEqual([8500, 2000]);
  expect([train.seen, held.classes]).toEqual([shapesTrain().seen, shapesTest().fineNames]);
  expect(held.source(7)).toEqual({ picture: shapesTest().image(7) });
  expect(train.fingerprint).not.toBe(held.fingerprint);
  expect((await openPictureSet('shapes', 'test')).fingerprint).toBe(held.fingerprint);
});

test("CIFAR-100's layout as a folder or an archive, and the split it lacks", async () => {
  const tiny = tinyCifar(5);
  const [meta, held] = [python2Pickle(tiny.meta), python2Pickle(tiny.test)];
  const archive = gzipSync(
    tarOf([
      ['x/meta', meta],
      ['x/test', held],
    ]),
  );
  const folder = temporaryFolder({
    'plain/meta': meta,
    'plain/test': held,
    'plain/a/1.png': '',
    'x.tgz': archive,
  });
  for (const path of [`${folder}/plain`, `${folder}/x.tgz`]) {
    const set = await openPictureSet(path, 'test');
    expect([set.count, set.classes, Array.from(set.labels!)]).toEqual([
      5,
      ['blue star', 'red ring', 'apple'],
      [0, 1, 2, 0, 1],
    ]);
    expect(await refusal(() => openPictureSet(path, 'train'))).toMatch(
      /no (file|member) "train": got meta, test/,
    );
  }
});

test('a table, and a folder by class whatever the split', async () => {
  const folder = temporaryFolder({
    'x.jsonl': '{"image":"a.png","text":"a"}',
    'set/a/1.png': '',
    'set/b/2.png': '',
  });
  expect((await openPictureSet(`${folder}/x.jsonl`, 'train')).captions?.(0)).toEqual(['a']);
  for (const split of ['train', 'test'] as const) {
    expect((await openPictureSet(`${folder}/set`, split)).classes).toEqual(['a', 'b']);
  }
});

test('train and test inside a folder are its splits; a train among other vehicles is a class', async () => {
  const folder = temporaryFolder({
    'both/train/a/1.png': '',
    'both/test/a/2.png': '',
    'both/val/a/3.png': '',
    'both/papers/x.txt': '',
    'val/train/a/1.png': '',
    'val/val/a/2.png': '',
    'one/train/a/1.png': '',
    'one/test/loose.png': '',
    'vehicles/train/steam/1.png': '',
    'vehicles/train/2.png': '',
    'vehicles/bus/3.png': '',
    'nested/train/steam/1.png': '',
    'nested/bus/3.png': '',
  });
  const first = async (name: string, split: 'train' | 'test') => {
    const source = (await openPictureSet(`${folder}/${name}`, split)).source(0);
    return 'path' in source && source.path.slice(folder.length + 1);
  };
  expect(await first('both', 'train')).toBe('both/train/a/1.png');
  expect(await first('both', 'test')).toBe('both/test/a/2.png');
  expect(await first('val', 'test')).toBe('val/val/a/2.png');
  expect(await first('one', 'train')).toBe('one/train/a/1.png');
  expect(await refusal(() => first('one', 'test'))).toMatch(
    /no split test: expected a folder test, val, valid or validation, got train/,
  );
  expect(await first('vehicles', 'test')).toBe('vehicles/bus/3.png');
  expect(await first('nested', 'test')).toBe('nested/bus/3.png');
});

test('what is no set of pictures is refused, with what could be given', async () => {
  const folder = temporaryFolder({ 'notes.txt': '' });
  mkdirSync(`${folder}/empty`);
  const hint = /\(give shapes, cifar100, a folder FOLDER\/CLASS\/picture\.png, a \.csv/;
  expect(await refusal(() => openPictureSet(`${folder}/none`, 'test'))).toMatch(hint);
  expect(await refusal(() => openPictureSet(`${folder}/notes.txt`, 'test'))).toMatch(hint);
  expect(await refusal(() => openPictureSet(`${folder}/empty`, 'test'))).toMatch(/no folders of classes/);
});
