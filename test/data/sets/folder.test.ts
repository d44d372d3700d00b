// Folders by class: what is taken, in which order, and what is refused.
import { cpSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { openFolder } from '../../../src/data/sets/folder.node.ts';
import type { PictureSet } from '../../../src/data/sets/picture-set.ts';
import { refusal, temporaryFolder } from './temporary.ts';

function paths(set: PictureSet, folder: string): string[] {
  return Array.from({ length: set.count }, (_, i) => {
    const source = set.source(i);
    return 'path' in source ? relative(folder, source.path) : 'in memory';
  });
}

test('classes by name, pictures by path, in code-unit order; other files passed over', () => {
  const folder = temporaryFolder({
    'hot_dog/b.JPG': '1',
    'hot_dog/a.png': '22',
    'hot_dog/Z.jpeg': '3',
    'hot_dog/deeper/still/c.WebP': '4',
    'hot_dog/.hidden.png': '5',
    'hot_dog/notes.txt': '6',
    'hot_dog/deeper/.thumbnails/d.png': '7',
    'Ärger/e.gif': '8',
    'Zebra/f.png': '9',
    '.git/g.png': '10',
    'readme.md': '11',
    'loose.png': '12',
  });
  const set = openFolder(folder);
  expect(set.classes).toEqual(['Zebra', 'hot_dog', 'Ärger']);
  expect(paths(set, folder)).toEqual([
    'Zebra/f.png',
    'hot_dog/Z.jpeg',
    'hot_dog/a.png',
    'hot_dog/b.JPG',
    'hot_dog/deeper/still/c.WebP',
    'Ärger/e.gif',
  ]);
  expect([...Array.from(set.labels!)]).toEqual([0, 1, 1, 1, 1, 2]);
  expect(() => set.source(6)).toThrow('picture index: expected 0…5, got 6');
});

test('the fingerprint survives a copy, and nothing else', () => {
  const original = temporaryFolder({ 'a/1.png': 'one', 'b/2.png': 'two' });
  const copy = temporaryFolder({});
  cpSync(original, copy, { recursive: true });
  const print = () => openFolder(copy).fingerprint;
  expect(print()).toBe(openFolder(original).fingerprint);
  const prints = [print()];
  writeFileSync(`${copy}/a/1.png`, 'three');
  prints.push(print());
  renameSync(`${copy}/a/1.png`, `${copy}/a/0.png`);
  prints.push(print());
  renameSync(`${copy}/a`, `${copy}/c`);
  prints.push(print());
  expect(new Set(prints).size).toBe(4);
});

test('links: followed once, in no circle, out of no folder; one to nothing is a picture that is missing', () => {
  const folder = temporaryFolder({
    'data/a/1.png': '',
    'data/b/2.png': '',
    'elsewhere/3.png': '',
    'x.png': '',
  });
  symlinkSync('../a', `${folder}/data/a/again`);
  symlinkSync('..', `${folder}/data/a/up`);
  symlinkSync('../..', `${folder}/data/a/out`);
  symlinkSync('/', `${folder}/data/a/root`);
  symlinkSync('self', `${folder}/data/a/self`);
  symlinkSync('../../elsewhere', `${folder}/data/b/linked`);
  symlinkSync('../../elsewhere', `${folder}/data/b/twice`);
  symlinkSync('nowhere', `${folder}/data/b/lost.png`);
  symlinkSync('../../x.png', `${folder}/data/b/x.png`);
  symlinkSync('../elsewhere', `${folder}/data/c`);
  const set = openFolder(`${folder}/data`);
  expect(set.classes).toEqual(['a', 'b', 'c']);
  expect(paths(set, `${folder}/data`)).toEqual([
    'a/1.png',
    'b/2.png',
    'b/linked/3.png',
    'b/lost.png',
    'b/x.png',
    'c/3.png',
  ]);
});

test('what is no folder by class is refused', async () => {
  const folder = temporaryFolder({
    'empty/': '',
    'flat/1.png': '',
    'gap/full/1.png': '',
    'gap/hot_dog/notes.txt': '',
    'file.txt': '',
  });
  const of = (name: string) => refusal(() => openFolder(`${folder}/${name}`));
  expect(await of('none')).toMatch(/none: expected a folder, got no such folder \(expected FOLDER\/CLASS/);
  expect(await of('file.txt')).toMatch(/got a file/);
  expect(await of('empty')).toMatch(
    /no folders of classes: got an empty folder \(expected FOLDER\/CLASS\/pict/,
  );
  expect(await of('flat')).toMatch(/no folders of classes: got 1 files and no folder/);
  expect(await of('gap')).toMatch(/gap: the class hot_dog has no pictures: .* \(add pictures or remove/);
});
