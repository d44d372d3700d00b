import { expect, test } from 'vitest';
import { claimsOf, judgeClaims } from '../../../src/data/shapes/caption-claims.ts';
import { shapesTest } from '../../../src/data/shapes/shapes.ts';

test('every caption of the test split is read back, and all it says is so', () => {
  const pictures = shapesTest();
  for (let index = 0; index < pictures.count; index += 7) {
    const { caption, scene } = pictures.example(index);
    const claims = claimsOf(caption);
    expect(claims, caption).toMatchObject({ colour: scene.colour, shape: scene.shape });
    expect(Object.values(judgeClaims(claims!, scene)), caption).not.toContain(false);
  }
});

test('what is not so is told apart, and what no template makes is not read', () => {
  const { scene } = shapesTest().example(0);
  const claims = {
    colour: 'red',
    shape: 'ring',
    size: 'big',
    place: 'on the left',
    ground: 'on blue and white stripes',
  };
  expect(claimsOf('a big red ring on the left on blue and white stripes')).toEqual(claims);
  expect(claimsOf('on an orange background there is an orange star')).toEqual({
    ground: 'on an orange background',
    colour: 'orange',
    shape: 'star',
  });
  const other = scene.colour === 'red' ? 'blue' : 'red';
  expect(judgeClaims({ colour: other, shape: scene.shape }, scene)).toEqual({ colour: false, shape: true });
  for (const text of ['', 'red', 'a red red star', 'a star red', 'a red star on the', 'a grey star']) {
    expect(claimsOf(text), text).toBeUndefined();
  }
});
