// clip-tfjs localize, attention, similarity, classify --multi, eval --task retrieval: what each prints and refuses.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, expect, test } from 'vitest';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { commandLine } from './run.ts';

const { folder, clip } = commandLine();
const wasm = ['--backend', 'wasm'];
const json = (...args: string[]) => {
  const { status, stdout, stderr } = clip(...args, '--json', ...wasm);
  expect(stderr).toContain('engine: wasm');
  expect(status).toBe(0);
  return JSON.parse(stdout);
};

beforeAll(() => {
  const shapes = shapesTest();
  // 19 is a red star, 44 a blue circle.
  for (const index of [19, 44]) {
    const bytes = encodePng(shapes.image(index).data as Uint8Array, 32, 32);
    writeFileSync(join(folder, `${index}.png`), bytes);
    if (index === 19) writeFileSync(join(folder, 'broken.png'), bytes.subarray(0, 60));
  }
  writeFileSync(
    join(folder, 'captions.csv'),
    'picture,caption\n19.png,a red star\n19.png,a star in red\n44.png,a blue circle\n',
  );
});

test('localize: a grid, its hottest patch, a figure', () => {
  const { maps } = json('localize', '19.png', 'red', 'star', '--figure', 'heat.png');
  expect(maps.map(({ text }: { text: string }) => text)).toEqual(['red', 'star']);
  expect(maps[0].heat.map((row: number[]) => row.length)).toEqual([4, 4, 4, 4]);
  expect(maps[0].peak).toMatchObject({ row: 1, column: 1 });
  const { width, data } = PNG.sync.read(readFileSync(join(folder, 'heat.png')));
  expect(width).toBeGreaterThan(700);
  expect(new Set(data).size).toBeGreaterThan(50);
});

test('attention: shares that come to 1', () => {
  const { maps, layers } = json('attention', '19.png', '--layer', '3', '--head', '1');
  expect(layers).toBe(4);
  const total = maps[0].heat.flat().reduce((sum: number, share: number) => sum + share, maps[0].self);
  expect(Math.abs(total - 1)).toBeLessThan(1e-5);
});

test('similarity: the right text is nearest to each picture', () => {
  const texts = ['--text', 'a red star', '--text', 'a blue circle'];
  const { cosines } = json('similarity', '19.png', '44.png', ...texts, '--figure', 'matrix.png');
  expect(cosines[0][0]).toBeGreaterThan(cosines[1][0]);
  expect(cosines[1][1]).toBeGreaterThan(cosines[0][1]);
});

test('classify --multi: both labels of a picture are over', () => {
  const { results } = json(
    'classify',
    '19.png',
    '--multi',
    '--labels',
    'red,star,blue',
    '--threshold',
    '0.36',
  );
  const over = results[0].labels.filter(({ isOver }: { isOver: boolean }) => isOver);
  expect(over.map(({ label }: { label: string }) => label).sort()).toEqual(['red', 'star']);
});

test('eval --task retrieval: a table of captions', () => {
  const { textToImage, imageToText, texts } = json('eval', '--task', 'retrieval', '--data', 'captions.csv');
  expect([texts, textToImage.recall['1'], imageToText.recall['1']]).toEqual([3, 1, 1]);
});

test.each([
  ['localize 19.png', 2, /missing required argument 'text'/],
  ['localize broken.png red', 1, /broken\.png/],
  ['attention 19.png --layer 4', 1, /no such layer: expected 0…3, got 4/],
  ['attention 19.png --layer 0 --head 9', 1, /no such head: expected 0…1, got 9/],
  ['attention 19.png --layer 0 --rollout', 2, /--rollout is over all layers/],
  ['similarity 19.png', 2, /expected --text or --texts FILE/],
  ['classify 19.png --labels a,b --multi', 2, /--multi has no default threshold/],
  ['classify 19.png --labels a,b --threshold 0.3', 2, /go with --multi/],
  ['eval --task retrieval --dataset shapes --template {}', 2, /takes texts as they are/],
] as const)('%s is refused in one line', (line, expected, message) => {
  const { status, stderr } = clip(...line.split(' '));
  expect(stderr).toMatch(message);
  expect(status).toBe(expected);
});
