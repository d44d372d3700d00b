// `clip-tfjs interpolate`: what it measures is what eval finds in what it writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { saveModel } from '../../src/finetune/save-model.node.ts';
import { load } from '../../src/tasks/load.node.ts';
import { writeTints } from '../finetune/support.ts';
import { commandLine } from './run.ts';

const { folder, clip } = commandLine();
const wasm = ['--backend', 'wasm'];

/** A model that shapes mean nothing to: the embedded one, its text projection turned around. */
beforeAll(async () => {
  writeTints(join(folder, 'tints'), 8, 2);
  const loaded = await load('mini', { backend: 'wasm' });
  const { text_projection } = loaded.model;
  tf.tidy(() => text_projection.assign(tf.mul(text_projection.read(), -0.5)));
  await saveModel(join(folder, 'other'), loaded);
  loaded.release();
});

const topOf = (...args: string[]): number => JSON.parse(clip('eval', ...args, ...wasm, '--json').stdout).top1;

test('both ends and the middle, a table, a figure', () => {
  const sets = ['--eval-data', 'tints', '--zeroshot', 'tints', '--template', 'a {} picture'];
  const run = ['interpolate', 'mini', 'other', '--alpha', '0:1:0.25', ...sets, ...wasm];
  const { status, stdout, stderr } = clip(...run, '--figure', 'between.png', '--json');
  expect(status, stderr).toBe(0);
  const { points, best } = JSON.parse(stdout);
  expect(points.map(({ alpha }: { alpha: number }) => alpha)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  const sums = points.map(({ target, zeroshot }: { target: number; zeroshot: number }) => target + zeroshot);
  expect(best.target + best.zeroshot).toBe(Math.max(...sums));
  const template = ['--data', 'tints', '--template', 'a {} picture'];
  expect(points[0].target).toBe(topOf(...template));
  expect(points[4].target).toBe(topOf(...template, '--model', 'other'));
  expect(points[4].zeroshot).toBe(topOf('--data', 'tints', '--model', 'other'));
  expect(readFileSync(join(folder, 'between.png')).subarray(1, 4).toString()).toBe('PNG');
  expect(clip(...run).stdout).toMatch(/^alpha +target zero-shot\n0 +[\d.]+% +[\d.]+%.*\n(.*\n){3}1 +[\d.]+%/);
});

test('a single alpha is written, and loads as what it is', () => {
  const { status, stdout, stderr } = clip(
    'interpolate',
    'mini',
    'other',
    '--alpha',
    '0',
    '--out',
    'same',
    ...wasm,
  );
  expect(status, stderr).toBe(0);
  expect(stdout).toBe('same/model.safetensors\n');
  expect(topOf('--data', 'tints', '--model', 'same')).toBe(topOf('--data', 'tints'));
  const again = clip('interpolate', 'mini', 'other', '--alpha', '0', '--out', 'same', ...wasm);
  expect(again.stderr).toMatch(/same\/model\.safetensors is there already/);
  expect(again.status).toBe(1);
});

describe('wrong usage', () => {
  test.each([
    [/expected --eval-data to measure on, or --out to write to/, []],
    [/expected a single --alpha, got 11/, ['--out', 'x']],
    [/expected a number from 0 to 1, or from:to:step/, ['--alpha', '0:2:0.5', '--out', 'x']],
    [/expected a number from 0 to 1, or from:to:step/, ['--alpha', '0:1:0', '--out', 'x']],
    [/--figure needs --eval-data/, ['--alpha', '1', '--out', 'x', '--figure', 'x.png']],
  ])('%s', (message, args) => {
    const { stderr, status } = clip('interpolate', 'mini', 'other', ...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('what is no model', () => {
    writeFileSync(join(folder, 'text.safetensors'), 'nothing');
    const { stderr, status } = clip(
      'interpolate',
      'mini',
      'text.safetensors',
      '--alpha',
      '1',
      '--out',
      'x',
      ...wasm,
    );
    expect(stderr).toMatch(/text\.safetensors is no checkpoint/);
    expect(status).toBe(1);
  });
});
