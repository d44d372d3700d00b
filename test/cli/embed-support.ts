// A folder with pictures, a table and texts, and the command in it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { commandLine, type Run } from './run.ts';

const line = commandLine();
export const folder: string = line.folder;
export const clip: Run = line.clip;
const shapes = shapesTest();
export const at = (...path: string[]): string => join(folder, ...path);
export const wasm: readonly string[] = ['--backend', 'wasm'];

export function writeShape(path: string, index: number): void {
  const { data, width, height } = shapes.image(index);
  writeFileSync(at(path), encodePng(data as Uint8Array, width, height));
}

export function readRows(path: string): unknown[] {
  return readFileSync(at(path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

beforeAll(() => {
  mkdirSync(at('pictures/deep/er'), { recursive: true });
  mkdirSync(at('empty'));
  for (const [i, path] of ['b.png', 'a.png', 'deep/er/c.png'].entries()) writeShape(`pictures/${path}`, i);
  writeFileSync(at('pictures/notes.txt'), 'no picture');
  mkdirSync(at('some-broken'));
  for (let i = 0; i < 9; i++) writeShape(`some-broken/${i}.png`, i);
  writeFileSync(at('some-broken/4.png'), readFileSync(at('some-broken/4.png')).subarray(0, 60));
  writeFileSync(at('table.csv'), 'picture,label\npictures/b.png,ring\npictures/a.png,star\n');
  writeFileSync(at('bare.csv'), 'path\npictures/b.png\npictures/a.png\n');
  writeFileSync(at('captions.txt'), 'red star\na photo of a blue circle\n\nred star\n');
});
