import { expect, test } from 'vitest';
import { BrokenPictures } from '../../../src/data/pool/broken-pictures.ts';

const broken = (i: number) => ({ at: i, name: `a/${i}.png`, reason: `not a picture: got bytes 0${i}` });

test('each picture is told once by its name; one of a few is forgiven, two are not', () => {
  const notes: string[] = [];
  const pictures = new BrokenPictures({ name: 'a', count: 9 }, (note) => notes.push(note));
  pictures.add([broken(1)]);
  pictures.add([broken(1)]);
  expect(notes).toEqual(['passed over: a/1.png: not a picture: got bytes 01']);
  expect(() => pictures.add([broken(2)])).toThrow(
    'too many pictures of a cannot be read: expected at most 1 of 9, got 2: a/1.png: not a picture: got bytes 01; ' +
      'a/2.png: not a picture: got bytes 02 (take them out or fetch them again)',
  );
  expect(pictures.count).toBe(2);
});

test('a tenth of a set is forgiven, and never more than a hundred', () => {
  const set = new BrokenPictures({ name: 'a', count: 5000 }, () => {});
  set.add(Array.from({ length: 100 }, (_, i) => broken(i)));
  expect(() => set.add([broken(100)])).toThrow(/expected at most 100 of 5000, got 101/);
});
