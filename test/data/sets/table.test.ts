// Tables of captions or classes: CSV, TSV and JSONL, good ones and bad ones.
import { expect, test } from 'vitest';
import type { PictureSet } from '../../../src/data/sets/picture-set.ts';
import { openTable } from '../../../src/data/sets/table.node.ts';
import { refusal, temporaryFolder } from './temporary.ts';

function open(name: string, content: string | Uint8Array): [set: PictureSet, folder: string] {
  const folder = temporaryFolder({ [name]: content });
  return [openTable(`${folder}/${name}`), folder];
}

const refused = (name: string, content: string | Uint8Array): Promise<string> =>
  refusal(() => open(name, content));

const captions = (set: PictureSet): (readonly string[])[] =>
  Array.from({ length: set.count }, (_, i) => set.captions!(i));

test('CSV: quotes, commas, line breaks, a byte order mark, either line ending; lines of one picture together', () => {
  const [set, folder] = open(
    'x.csv',
    '\ufeffid,Image, Caption\r\n1,a.png,"red, and ""round"""\r\n\r\n2,deep/b.png,"two\r\nlines"\n3,a.png,a circle\n',
  );
  expect(captions(set)).toEqual([['red, and "round"', 'a circle'], ['two\nlines']]);
  expect(set.source(1)).toEqual({ path: `${folder}/deep/b.png` });
  expect([set.classes, set.labels]).toEqual([undefined, undefined]);
  expect(() => set.captions!(2)).toThrow('expected 0…1, got 2');
});

test('TSV: quotes inside are letters; absolute paths stay', () => {
  const [set] = open('x.TSV', 'filepath\ttitle\n/data/a.png\t5" wide, "red"\nb.png\t"with\ttab"\n');
  expect(captions(set)).toEqual([['5" wide, "red"'], ['with\ttab']]);
  expect(set.source(0)).toEqual({ path: '/data/a.png' });
});

test('JSONL: an object a line, with U+2028 inside a text', () => {
  const [set, folder] = open(
    'x.jsonl',
    '{"file_name":"a.png","text":"a\u2028b"}\n\n{"text":"c","file_name":"d.png"}',
  );
  expect(captions(set)).toEqual([['a\u2028b'], ['c']]);
  expect(set.source(1)).toEqual({ path: `${folder}/d.png` });
});

test('classes instead of captions, sorted by name; numbers are names; both may be there', () => {
  const [set] = open('x.csv', 'path,label\na.png,zebra\nb.png,ant\nc.png,zebra\n');
  expect([set.classes, [...Array.from(set.labels!)], set.captions]).toEqual([
    ['ant', 'zebra'],
    [1, 0, 1],
    undefined,
  ]);
  const [numbered] = open('x.jsonl', '{"image":"a.png","class":7}\n{"image":"b.png","class":3}');
  expect([numbered.classes, [...Array.from(numbered.labels!)]]).toEqual([
    ['3', '7'],
    [1, 0],
  ]);
  const [both] = open('x.csv', 'path,label,caption\na.png,zebra,stripes\n');
  expect([both.classes, captions(both)]).toEqual([['zebra'], [['stripes']]]);
});

test('the fingerprint is of paths, texts, classes and sizes, not of the folder', () => {
  const table = 'image,caption\na.png,red\nb.png,blue\n';
  const print = (content: string, picture = '') => {
    const folder = temporaryFolder({ 'x.csv': content, 'a.png': picture });
    return openTable(`${folder}/x.csv`).fingerprint;
  };
  expect(print(table)).toBe(print(table));
  const changed = [
    print(table),
    print(table, 'bytes'),
    print(table.replace('blue', 'green')),
    print(table.replace('b.png', 'c.png')),
    print('image,caption\nb.png,blue\na.png,red\n'),
    print('image,label\na.png,red\nb.png,blue\n'),
  ];
  expect(new Set(changed).size).toBe(changed.length);
});

test('bad lines are named by their number', async () => {
  const head = 'image,caption\n';
  expect(await refused('x.csv', `${head}a.png,a\nb.png,a, b\n`)).toMatch(
    /x\.csv line 3: expected 2 columns, as in the first line, got 3 \(a text with a comma needs quotes/,
  );
  expect(await refused('x.csv', `${head}a.png\n`)).toMatch(/line 2: expected 2 columns.* got 1/);
  expect(await refused('x.csv', `${head}a.png,"two\nlines"\n\nb.png,\n`)).toMatch(/line 5: an empty caption/);
  expect(await refused('x.csv', `${head}a.png,"  "\n`)).toMatch(
    /line 2: caption: expected a text, got " {2}"/,
  );
  expect(await refused('x.csv', `${head},a\n`)).toMatch(/line 2: an empty path of a picture/);
  expect(await refused('x.csv', `${head}a.png,a\nb.png,"open\nc.png,c\n`)).toMatch(
    /line 3: expected a quote at the end of the text, got the end of the file/,
  );
  expect(await refused('x.csv', `${head}a.png,"a"b\n`)).toMatch(
    /line 2: expected a line of CSV, got Invalid Clos/,
  );
  expect(await refused('x.csv', `${head}https://x.y/a.png,a\n`)).toMatch(/line 2: a web address: .*download/);
  expect(await refused('x.csv', 'image,label\na.png,x\nb.png,y\na.png,y\n')).toMatch(
    /line 4: a second class for a\.png: expected x, got y/,
  );
  expect(await refused('x.jsonl', '{"image":"a.png","text":"a"}\n{"image":\n')).toMatch(/line 2 is no JSON/);
  expect(await refused('x.jsonl', '{"image":"a.png","text":"a"}\n[1]\n')).toMatch(
    /line 2: what a line holds/,
  );
  expect(await refused('x.jsonl', '{"image":"a.png","text":"a"}\n{"image":"b.png"}\n')).toMatch(
    /line 2: caption: expected a text, got no text/,
  );
  expect(await refused('x.jsonl', '{"image":"a.png","text":["a"]}\n')).toMatch(
    /line 1: caption: .* got \["a"\]/,
  );
  expect(await refused('x.jsonl', '{"image":"a.png","text":null}\n')).toMatch(/line 1: caption: .* got null/);
});

test('what is no table of pictures is refused', async () => {
  expect(await refused('x.csv', '')).toMatch(/x\.csv has no pictures/);
  expect(await refused('x.csv', 'image,caption\n')).toMatch(/x\.csv has no pictures/);
  expect(await refused('x.csv', 'photo,caption\na,b\n')).toMatch(
    /no column of pictures: .* got photo, caption/,
  );
  expect(await refused('x.csv', 'image,description\na,b\n')).toMatch(/no column of captions or classes/);
  expect(await refused('x.csv', 'image;caption\na;b\n')).toMatch(
    /no column of pictures: .* got image;caption/,
  );
  expect(await refused('x.csv', Uint8Array.of(0xff, 0xfe, 0x69, 0))).toMatch(/expected text in UTF-8/);
  const folder = temporaryFolder({ 'x.csv/': '' });
  expect(await refusal(() => openTable(`${folder}/x.csv`))).toMatch(/got a folder/);
  expect(await refusal(() => openTable(`${folder}/y.csv`))).toMatch(/got no such file/);
});
