// The embedded model, as every command's default: what its card says of it is what the commands find.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HELD_OUT } from '../../src/data/shapes/classes.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();

test('the demo: three things never trained on, each named rightly', () => {
  const { demo } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as { demo: string };
  const [, , ...args] = demo.split(' '); // node dist/cli/main.js …
  const { stdout, status } = clip(...args, '--json');
  expect(status).toBe(0);
  const { model, results } = JSON.parse(stdout);
  expect(model).toBe('mini');
  expect(new Set(results.map(({ label }: { label: string }) => label)).size).toBe(3);
  for (const { label, predictions } of results) {
    expect(HELD_OUT).toContain(label);
    expect(predictions).toHaveLength(5);
    expect(predictions[0].label).toBe(label);
  }
  expect(readFileSync(join(folder, 'demo.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('eval finds the card’s numbers', () => {
  const card = readFileSync(join(ROOT, 'weights/mini/README.md'), 'utf8');
  const accuracy = JSON.parse(clip('eval', '--dataset', 'shapes', '--json').stdout);
  const ofCard = (row: RegExp) => Number(card.match(row)![1]) / 100;
  expect(accuracy).toMatchObject({ model: 'mini', dataset: 'shapes', count: 2000 });
  // Engines add in different orders: of 2,000 pictures, one or two near a tie may fall the other way.
  const bar = 0.0025;
  expect(Math.abs(accuracy.top1 - ofCard(/\| all \| 2000 \| \*\*([\d.]+) %/))).toBeLessThan(bar);
  expect(Math.abs(accuracy.seen.top1 - ofCard(/trained on \| 1700 \| \*\*([\d.]+) %/))).toBeLessThan(bar);
  expect(Math.abs(accuracy.unseen.top1 - ofCard(/never trained on \| 300 \| \*\*([\d.]+) %/))).toBeLessThan(
    0.007,
  );
});

describe('a package without its weights', () => {
  const home = join(folder, 'package');
  const main = join(home, 'dist/cli/main.js');
  mkdirSync(join(home, 'weights/mini'), { recursive: true });
  cpSync(join(ROOT, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));

  test('says that they are missing, and how to get them back', () => {
    const { stderr, status } = clip.at(main, 'inspect');
    expect(stderr).toMatch(
      /^clip-tfjs: the weights of mini are not here: .*install it again.*npm run train:mini\)\n$/,
    );
    expect(status).toBe(1);
  });

  test('or damaged', () => {
    const whole = readFileSync(join(ROOT, 'weights/mini/model.safetensors'));
    writeFileSync(join(home, 'weights/mini/model.safetensors'), whole.subarray(0, 100_000));
    const { stderr, status } = clip.at(main, 'inspect');
    expect(stderr).toMatch(/^clip-tfjs: the embedded model is damaged: .*npm run train:mini\)\n$/);
    expect(status).toBe(1);
  });
});
