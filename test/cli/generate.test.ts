// clip-tfjs generate: what it writes, what it prints, what it refuses.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const at = (...path: string[]): string => join(folder, ...path);
const judged = existsSync(join(ROOT, 'weights/judge/model.safetensors'));
const few = ['--steps', '4', '--size', '64', '--backend', 'wasm'];

describe('writes', () => {
  test('a picture, previews, a film, and as JSON what two models say', () => {
    const judge = judged ? [] : ['--judge', 'mini'];
    if (!judged) console.log('skipped: the judge as default, since weights/judge is not here');
    const { status, stdout, stderr } = clip(
      ...['generate', 'a blue star', '--out', 'new/x.png', '--film', 'new/x.gif', '--preview', '2', '--json'],
      ...[...few, ...judge],
    );
    expect(stderr).toMatch(/4 steps are few/);
    expect(status).toBe(0);
    expect(readdirSync(at('new')).sort()).toEqual(['x.gif', 'x.png', 'x.preview.png']);
    expect(readFileSync(at('new/x.preview.png'))).toEqual(readFileSync(at('new/x.png'))); // the fourth step's
    expect(readFileSync(at('new/x.gif')).subarray(0, 6).toString()).toBe('GIF89a');
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ text: 'a blue star', by: 'shapes', steps: 4, seed: 1, model: 'mini' });
    expect(said).toMatchObject({ backend: 'wasm', out: 'new/x.png', film: 'new/x.gif' });
    expect(said.optimised.top).toHaveLength(3);
    expect(said.judge.model).toBe(judged ? 'judge' : 'mini');
    expect(typeof said.judge.right).toBe('boolean');
    expect(said.judge.probability).toBeLessThanOrEqual(said.judge.top[0].probability);
  });

  test('one near a picture, and says how near', () => {
    const { data, width, height } = shapesTest().image(0);
    writeFileSync(at('start.png'), encodePng(data as Uint8Array, width, height));
    const args = ['generate', 'a star', '--image', 'start.png', '--out', 'near.png', '--labels', 'star,ring'];
    const { status, stdout } = clip(...args, '--judge', 'none', ...few);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^near\.png: by fourier, 4 steps in .* s, cosine/);
    expect(stdout).toMatch(/luminance correlates with the start's: 0\.9/);
    expect(stdout).toMatch(/mini, which was optimised: \w+ \d/);
  });
});

test('refuses, in one line, what cannot become a picture', () => {
  mkdirSync(at('folder.png'));
  writeFileSync(at('broken.png'), readFileSync(at('start.png')).subarray(0, 60));
  writeFileSync(at('file'), '');
  const refused = (...args: string[]): string => {
    const { status, stdout, stderr } = clip('generate', ...args, ...few.slice(2));
    expect([status, stdout]).toEqual([args.includes('--failed') ? 1 : status, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^clip-tfjs: /);
    return `${status} ${lines.at(-1)}`;
  };
  expect(refused('', '--out', 'x.png')).toMatch(/^1 .*no text/);
  expect(refused('red '.repeat(20), '--out', 'x.png', '--judge', 'none')).toMatch(/^1 .*16/);
  expect(refused('a star', '--out', 'x.jpg')).toMatch(/^2 .*ends in \.png, got x\.jpg/);
  expect(refused('a star', '--out', 'folder.png')).toMatch(/^2 .*the folder folder\.png/);
  expect(refused('a star', '--out', 'file/x.png')).toMatch(/^1 .*nothing can be written to file/);
  expect(refused('a star', '--out', 'x.png', '--film', 'x.mp4')).toMatch(/^2 .*got x\.mp4/);
  expect(refused('a star', '--out', 'x.png', '--steps', '0')).toMatch(/^2 .*whole number of at least 1/);
  expect(refused('a star', '--out', 'x.png', '--keep', '0.5')).toMatch(/^2 .*--image/);
  expect(refused('a star', '--out', 'x.png', '--image', 'broken.png')).toMatch(/^1 .*broken\.png/);
  expect(existsSync(at('x.png'))).toBe(false);
});
