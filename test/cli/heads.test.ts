// `clip-tfjs probe` and `finetune --method head`, and what classify and eval do with what they write.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeTints } from '../finetune/support.ts';
import { commandLine, type Outcome } from './run.ts';

const { folder, clip } = commandLine();

/** Pictures of three tints, whose names the embedded model cannot know: DATA/train and DATA/test. */
beforeAll(() => {
  writeTints(join(folder, 'tints/train'), 10, 1);
  writeTints(join(folder, 'tints/test'), 8, 2);
  table = clip('probe', ...common.slice(0, -1), '--out', 'table');
});

/** What probe prints for people, and the head that it writes to `table`. */
let table: Outcome;
const common = ['--data', 'tints', '--zeroshot', 'tints', '--backend', 'wasm', '--json'];

describe.each([
  ['probe', ['probe', '--features', 'before']],
  ['probe', ['probe', '--features', 'after']],
  ['head', ['finetune', '--method', 'head']],
] as const)('%s', (method, command) => {
  const out = command.join('-');
  let report: { before: { target: number }; after: { target: number; zeroshot: number }; file: string };

  test(`${command.join(' ')} learns the three tints`, () => {
    const { status, stdout, stderr } = clip(...command, ...common, '--out', out);
    expect(status, stderr).toBe(0);
    const found = JSON.parse(stdout);
    report = found;
    expect(found).toMatchObject({
      method,
      count: { train: 30, evaluation: 24 },
      file: `${out}/head.safetensors`,
    });
    expect(found.after.target).toBeGreaterThan(found.before.target);
    expect(found.after.target).toBeGreaterThan(0.9);
    expect(found.after.zeroshot).toBe(found.before.zeroshot);
    expect(found.bytes).toBeLessThan(10_000);
    expect(found.seconds).toBeGreaterThan(0);
  });

  test('eval finds what was reported', () => {
    const evaluated = (...args: string[]) =>
      JSON.parse(clip('eval', '--data', 'tints', '--backend', 'wasm', '--json', ...args).stdout);
    const accuracy = evaluated('--head', report.file);
    expect(accuracy).toMatchObject({ model: 'mini', count: 24, top1: report.after.target });
    expect(evaluated().top1).toBe(report.before.target);
  });

  test('classify gives its labels, with logits', () => {
    const picture = 'tints/test/moss/1.png';
    const { stdout } = clip('classify', picture, '--head', report.file, '--backend', 'wasm', '--json');
    const [{ predictions }] = JSON.parse(stdout).results;
    expect(predictions.map(({ label }: { label: string }) => label).sort()).toEqual([
      'moss',
      'rust',
      'slate',
    ]);
    expect(predictions[0].label).toBe('moss');
    let sum = 0;
    for (const { probability, logit } of predictions) {
      sum += probability;
      const odds = Math.log(predictions[0].probability / probability);
      expect(Math.abs(predictions[0].logit - logit - odds)).toBeLessThan(1e-3);
    }
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  });
});

test('without --eval-data a fifth is held out, and said to be', () => {
  const { stderr, stdout, status } = clip(
    'probe',
    '--data',
    'tints/train',
    ...common.slice(2),
    '--out',
    'fifth',
  );
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/no --eval-data: 6 of the 30 pictures are held out to judge on/);
  expect(JSON.parse(stdout).count).toEqual({ train: 24, evaluation: 6 });
});

test('the table that people see', () => {
  const { stdout, stderr } = table;
  expect(stdout).toMatch(
    /^ +before +after\ntarget: tints\/test +[\d.]+% +[\d.]+%\nzero-shot: tints\/test +[\d.]+% +[\d.]+%\n\n30 pictures in [\d.]+ s, C [\d.e+-]+; table\/head\.safetensors, \d+ bytes\n$/,
  );
  expect(stderr).toMatch(/the model stays as it was/);
});

describe('bad input', () => {
  const fails = (status: number, message: RegExp, ...args: string[]) => {
    const outcome = clip(...args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.status).toBe(status);
  };

  test('prompts and labels beside a head', () => {
    const head = ['--head', 'table/head.safetensors'];
    fails(2, /--head has its own labels/, 'eval', '--data', 'tints', ...head, '--template', 'a {}');
    fails(2, /--head has its own labels/, 'classify', 'tints/test/moss/1.png', ...head, '--labels', 'a,b');
  });

  test('a file that is no head, a head of other classes', () => {
    fails(
      1,
      /1\.png is no checkpoint/,
      'classify',
      'tints/test/moss/1.png',
      '--head',
      'tints/test/moss/1.png',
    );
    fails(
      1,
      /class that was not learned: expected one of moss, rust, slate, got \w+ \w+/,
      'eval',
      '--dataset',
      'shapes',
      '--head',
      'table/head.safetensors',
    );
  });

  test('a folder without classes: refused before anything is written', () => {
    fails(
      1,
      /no folders of classes/,
      'probe',
      '--data',
      'tints/train/moss',
      '--eval-data',
      'tints',
      '--out',
      'none',
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  test('no data set at all', () => {
    fails(2, /no data set: expected --dataset shapes, --dataset cifar100 or --data PICTURES/, 'eval');
    fails(2, /required option '--data <spec>'/, 'probe', '--out', 'x');
  });
});
