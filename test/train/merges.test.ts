import { expect, test } from 'vitest';
import { CAPTION_WORDS } from '../../src/data/shapes/captions.ts';
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { selectMerges } from '../../src/train/merges.ts';

test('every word of Shapes-100’s captions becomes one token of its own', () => {
  const merges = selectMerges(CAPTION_WORDS);
  const small = new Tokenizer({ merges });
  const full = new Tokenizer();
  const ids = CAPTION_WORDS.map((word) => small.encode(word));
  expect(ids.every(({ length }) => length === 1)).toBe(true);
  expect(new Set(ids.flat()).size).toBe(CAPTION_WORDS.length);
  expect(small.vocabSize).toBe(514 + merges.trimEnd().split('\n').length);
  expect(small.vocabSize).toBeLessThan(900);
  const order = merges
    .trimEnd()
    .split('\n')
    .map((line) => full.encode(line.replace(' ', '').replace('</w>', ''))[0]!);
  expect(order.length).toBeGreaterThan(CAPTION_WORDS.length);
  expect(small.decode(small.encode('a photo of a red star'))).toBe('a photo of a red star ');
});

test('a word of several tokens is refused', () => {
  expect(() => selectMerges(['red', 'zxqvkj'])).toThrow(
    /the word "zxqvkj" of a small vocabulary: expected one token/,
  );
});
