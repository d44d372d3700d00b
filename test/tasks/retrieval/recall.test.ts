// Recall@K: by hand, with ties, with equal captions, with several captions a picture.
import { expect, test } from 'vitest';
import { retrievalQuality } from '../../../src/tasks/retrieval/recall.ts';

test('by hand: three pictures, a caption each', () => {
  const cosines = [
    [0.9, 0.1, 0.2],
    [0.3, 0.2, 0.8],
    [0.1, 0.7, 0.6],
  ];
  const { textToImage, imageToText } = retrievalQuality(
    cosines,
    [['a'], ['b'], ['c']],
    ['a', 'b', 'c'],
    [1, 2],
  );
  // Text a: picture 0 first. b: picture 2, then 1. c: picture 1, then 2.
  expect(textToImage.recall).toEqual({ 1: 1 / 3, 2: 1 });
  // Picture 0: a. Picture 1: c, a, then b. Picture 2: b, then c.
  expect(imageToText.recall).toEqual({ 1: 1 / 3, 2: 2 / 3 });
  expect(textToImage.chance[1]).toBeCloseTo(1 / 3, 12);
  expect(imageToText.chance[2]).toBeCloseTo(2 / 3, 12);
});

test('several captions a picture: any of them is a hit for the picture, each asks for itself', () => {
  const cosines = [
    [0.1, 0.9, 0.5, 0.4],
    [0.2, 0.3, 0.1, 0.8],
  ];
  const keys = [
    ['a', 'b'],
    ['c', 'd'],
  ];
  const { textToImage, imageToText } = retrievalQuality(cosines, keys, ['a', 'b', 'c', 'd'], [1]);
  expect(imageToText.recall[1]).toBe(1); // b for the first, d for the second
  expect(textToImage.recall[1]).toBe(0.5); // a and c find the other picture
  expect(textToImage.count).toBe(4);
  expect(imageToText.chance[1]).toBe(0.5); // two of four are right
});

test('pictures of an equal caption are all right for it', () => {
  const { textToImage } = retrievalQuality([[0.1], [0.9], [0.5]], [['a'], ['a'], ['b']], ['a'], [1]);
  expect(textToImage.recall[1]).toBe(1);
  expect(textToImage.chance[1]).toBeCloseTo(2 / 3, 12);
});

test('a wrong answer of the same cosine stands first: who says the same of everything finds nothing', () => {
  const same = [
    [0.5, 0.5, 0.5],
    [0.5, 0.5, 0.5],
    [0.5, 0.5, 0.5],
  ];
  const { textToImage, imageToText } = retrievalQuality(
    same,
    [['a'], ['b'], ['c']],
    ['a', 'b', 'c'],
    [1, 2, 3],
  );
  expect(textToImage.recall).toEqual({ 1: 0, 2: 0, 3: 1 });
  expect(imageToText.recall).toEqual({ 1: 0, 2: 0, 3: 1 });
});

test('K beyond what there is', () => {
  const { textToImage } = retrievalQuality([[0.2], [0.9]], [['a'], ['b']], ['a'], [10]);
  expect([textToImage.recall[10], textToImage.chance[10]]).toEqual([1, 1]);
});
