// What a person may get wrong with a training: each ends in one line that says what to do.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { writeSketches } from '../../scripts/make-sketches.ts';
import { commandLine, type Outcome } from './run.ts';

const { folder, clip } = commandLine();
vi.setConfig({ testTimeout: 240_000 }); // trainings

beforeAll(() => {
  writeSketches(join(folder, 'five'), 'train', 8);
  writeSketches(join(folder, 'five'), 'test', 2);
});

const small = ['--eval-data', 'five/test', '--zeroshot', 'five/test', '--backend', 'wasm'];
const tune = (out: string, ...args: string[]): Outcome => clip('finetune', ...small, '--out', out, ...args);

function expectLine({ status, stderr }: Outcome, message: RegExp, code = 1): void {
  expect(status, stderr).toBe(code);
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('clip-tfjs: '));
  expect(lines, stderr).toHaveLength(1);
  expect(lines[0]).toMatch(message);
}

test('folders: an empty class, one class only, none, no such', () => {
  cpSync(join(folder, 'five/train'), join(folder, 'hollow'), { recursive: true });
  mkdirSync(join(folder, 'hollow/spiral'));
  expectLine(tune('a', '--data', 'hollow'), /the class spiral has no pictures/);
  cpSync(join(folder, 'five/train/star'), join(folder, 'single/star'), { recursive: true });
  expectLine(
    tune('a', '--data', 'single'),
    /one class only: expected pictures of two classes or more, got star/,
  );
  expectLine(tune('a', '--data', 'nowhere'), /nowhere: expected pictures, got no such file or folder/);
  expect(existsSync(join(folder, 'a'))).toBe(false);
});

test('captions: an empty one by its line, too long ones cut and counted', () => {
  const line = (i: number, text: string): string => `five/train/star/00${i}.png,${text}`;
  const table = (name: string, texts: string[]): void =>
    writeFileSync(
      join(folder, name),
      ['image,caption', ...texts.map((text, i) => line(i, text)), ''].join('\n'),
    );
  table('empty.csv', ['a star', '', 'the star']);
  expectLine(tune('b', '--data', 'empty.csv'), /empty.csv line 3: an empty caption/);
  table('long.csv', ['a star', `a star ${'and a star '.repeat(20)}`, 'the star', 'one star']);
  const { status, stdout, stderr } = clip(
    ...[
      'finetune',
      '--data',
      'long.csv',
      '--eval-data',
      'long.csv',
      '--zeroshot',
      'five/test',
      '--backend',
      'wasm',
    ],
    ...['--out', 'b', '--steps', '2', '--json'],
  );
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ measure: 'recall1', cut: 2 });
  expect(stderr).toMatch(/cut to 16 tokens.*: "a star and a star/);
});

test('a batch of 1, a batch larger than the set, fewer pictures than the usual batch', () => {
  expectLine(
    tune('c', '--data', 'five/train', '--batch', '1'),
    /the batch: expected at least 2 pairs, got 1 \(.*loss is 0/,
  );
  expectLine(
    tune('c', '--data', 'five/train', '--batch', '41'),
    /fewer pictures than a batch: expected at least 41, got 40/,
  );
  const few = tune('c', '--data', 'five/test', '--steps', '1');
  expect(few.status, few.stderr).toBe(0);
  expect(few.stderr).toMatch(/only 10 pictures: all of them are one batch/);
});

test('pictures that cannot be read are named and passed over; too many of them stop it', () => {
  cpSync(join(folder, 'five/train'), join(folder, 'torn'), { recursive: true });
  const path = (i: number): string => join(folder, `torn/heart/00${i}.png`);
  writeFileSync(path(0), readFileSync(path(0)).subarray(0, 200));
  writeFileSync(path(1), 'no picture');
  const { status, stdout, stderr } = tune('d', '--data', 'torn', '--epochs', '2', '--batch', '20', '--json');
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout).broken).toBe(2);
  expect(stderr.match(/passed over: .*torn\/heart\/00[01].png/g)).toHaveLength(2);
  for (let i = 2; i < 8; i++) writeFileSync(path(i), '');
  expectLine(
    tune('e', '--data', 'torn', '--batch', '40'),
    /too many pictures .* cannot be read: expected at most 4 of 40, got 8/,
  );
});

test('a learning rate that is far too high is stopped, with advice', () => {
  const wild = [
    '--data',
    'five/train',
    '--method',
    'full',
    '--learning-rate',
    '30',
    '--steps',
    '200',
    '--warmup',
    '0',
  ];
  expectLine(
    tune('f', ...wild),
    /(diverges at step|collapsed at step|no number).*(tenth of the learning rate|lower learning rate)/,
  );
  expect(existsSync(join(folder, 'f/checkpoint.safetensors'))).toBe(true);
});

test('a resume of something else is refused with the difference; a second training does not replace the first', () => {
  const usual = ['--data', 'five/train', '--steps', '30', '--save-every', '10', '--method', 'full'];
  expectLine(
    tune('g', ...usual, '--resume'),
    /nothing to resume in g: expected checkpoint.safetensors, got no such file/,
  );
  // A training that stopped on the way: what it leaves is a checkpoint.
  expectLine(tune('g', ...usual, '--learning-rate', '30', '--warmup', '0', '--steps', '200'), /rate/);
  const again = ['--learning-rate', '30', '--warmup', '0', '--steps', '200'];
  expectLine(
    tune('g', ...usual, ...again),
    /g holds a training already: got checkpoint.safetensors \(--resume/,
  );
  const resume = (...args: string[]): Outcome => tune('g', ...usual, ...again, '--resume', ...args);
  expectLine(resume('--batch', '20'), /trained in another way: expected batch 32, got 20/);
  expectLine(resume('--seed', '3'), /expected seed 0, got 3/);
  expectLine(resume('--data', 'five/test', '--batch', '10'), /expected (batch|data)/);
  cpSync(join(folder, 'five/train'), join(folder, 'more'), { recursive: true });
  rmSync(join(folder, 'more/star/000.png'));
  expectLine(resume('--data', 'more'), /expected data "40 pictures, [0-9a-f]+", got "39 pictures/);
  expect(readdirSync(join(folder, 'g')).filter((name) => name.includes('part'))).toEqual([]);
});

test('what makes a number say less than it seems to is said; files of no class are counted', () => {
  cpSync(join(folder, 'five/test'), join(folder, 'odd'), { recursive: true });
  renameSync(join(folder, 'odd/star'), join(folder, 'odd/stella'));
  cpSync(join(folder, 'five/test'), join(folder, 'loose'), { recursive: true });
  writeFileSync(join(folder, 'loose/notes.txt'), 'x');
  writeFileSync(join(folder, 'loose/star/scan.bmp'), 'x');
  const once = ['--steps', '1', '--warmup', '0', '--zeroshot', 'five/test', '--backend', 'wasm'];
  const other = clip('finetune', '--data', 'five/train', '--eval-data', 'odd', '--out', 'i', ...once);
  expect(other.stderr).toMatch(/judged on classes too that are not learned: stella/);
  expect(other.stderr).toMatch(/learned, but not judged on: star/);
  const same = clip('finetune', '--data', 'loose', '--eval-data', 'loose', '--out', 'j', ...once);
  expect(same.status, same.stderr).toBe(0);
  expect(same.stderr).toMatch(/judged on the very pictures that are learned/);
  expect(same.stderr).toMatch(/loose: 2 files are no PNG.*: notes.txt, star\/scan.bmp/);
});

test('a head has no steps and does not replace another', () => {
  const head = ['--data', 'five/train', '--method', 'head'];
  expectLine(tune('k', ...head, '--steps', '3'), /--method head is a regression.*takes no --steps/, 2);
  expect(tune('k', ...head).status).toBe(0);
  expectLine(tune('k', ...head), /head.safetensors is there already \(give another --out\)/);
  expectLine(clip('inspect', 'k/head.safetensors'), /head.safetensors is a head and no model \(/);
});

test('options that cannot be', () => {
  expectLine(tune('h', '--data', 'five/train', '--learning-rate', '-1'), /expected a number over 0/, 2);
  expectLine(tune('h', '--data', 'five/train', '--method', 'magic'), /full, lora, head/, 2);
  expectLine(
    tune('h', '--data', 'five/train', '--steps', '1', '--warmup', '0', '--crop', '2'),
    /augmentation: the share of a picture/,
  );
  expectLine(
    tune('h', '--data', 'five/train', '--steps', '3', '--warmup', '3'),
    /warm-up: expected 0 to 2 steps/,
  );
});
