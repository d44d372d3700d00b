import { expect, test } from 'vitest';
import { OPENAI_MODELS } from '../../src/checkpoint/openai-models.ts';
import { pictureBatch, pictureBytes, textBatch, textBytes } from '../../src/tasks/batch-size.ts';

const configOf = (name: string) => OPENAI_MODELS.find((model) => model.name === name)!.config;
const small = configOf('ViT-B/32');
const large = configOf('ViT-L/14@336px');

test('a larger model and a longer text take more, and less memory holds fewer', () => {
  expect(pictureBytes(large)).toBeGreaterThan(10 * pictureBytes(small));
  expect(textBytes(small, 77)).toBeGreaterThan(4 * textBytes(small, 16));
  expect(pictureBatch('native', small, undefined)).toBe(32);
  expect(pictureBatch('native', small, 20 * pictureBytes(small))).toBe(10);
  expect(pictureBatch('native', large, 1e6)).toBe(1);
  expect(textBatch('native', small, 77, undefined)).toBe(32);
  expect(textBatch('native', small, 11, undefined)).toBe(7 * 32);
  expect(textBatch('native', small, 77, 8 * textBytes(small, 77))).toBe(4);
});
