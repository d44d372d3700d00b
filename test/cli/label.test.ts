// `clip-tfjs label`, and its table of labels as what another command learns from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeTints } from '../finetune/support.ts';
import { commandLine, type Outcome } from './run.ts';

const { folder, clip } = commandLine();
const wasm = ['--backend', 'wasm'];
let outcome: Outcome;
beforeAll(() => {
  writeTints(join(folder, 'tints/train'), 20, 1);
  writeTints(join(folder, 'tints/test'), 8, 2);
  outcome = clip(
    ...['label', '--data', 'tints', '--eval-data', 'tints', '--shots', '1,4', '--seeds', '0,1', ...wasm],
    ...['--figure', 'labels.png', '--out', 'labels.csv', '--json'],
  );
});

test('accuracies by number of labels, a figure', () => {
  expect(outcome.status, outcome.stderr).toBe(0);
  const { method, zeroshot, rows } = JSON.parse(outcome.stdout);
  expect(method).toBe('head');
  expect(rows.map(({ shots }: { shots: number }) => shots)).toEqual([1, 4]);
  for (const { labelled, pseudo } of rows) {
    for (const share of [zeroshot, labelled, pseudo]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  }
  expect(rows[1].labelled).toBeGreaterThan(zeroshot);
  expect(readFileSync(join(folder, 'labels.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('the table of labels is one to learn from', () => {
  const [head, ...lines] = readFileSync(join(folder, 'labels.csv'), 'utf8').trimEnd().split('\n');
  expect(head).toBe('picture,label,confidence');
  const { rows } = JSON.parse(outcome.stdout);
  expect(lines).toHaveLength(rows[1].draws[0].count);
  expect(lines[0]).toMatch(/^\/.*\/tints\/train\/\w+\/\d+\.png,(moss|rust|slate),0\.\d{4}$/);
  const data = ['--data', 'labels.csv', '--eval-data', 'tints', '--zeroshot', 'tints'];
  const { status, stderr } = clip('probe', ...data, '--out', 'probe', ...wasm);
  expect(status, stderr).toBe(0);
});

test('the table that people see', () => {
  const { stdout } = clip(
    'label',
    '--data',
    'tints',
    '--eval-data',
    'tints',
    '--shots',
    '2',
    '--seeds',
    '5',
    ...wasm,
  );
  expect(stdout).toMatch(/^labels a class +zero-shot +labelled +with pseudo-labels\n +2( +[\d.]+%){3}\n$/);
});

test.each([
  [/expected different whole numbers of at least 1/, ['--shots', '1,1']],
  [/expected different whole numbers of at least 1/, ['--shots', '0,2']],
  [/expected a number from 0 to 1/, ['--confidence', '2']],
])('%s', (message, args) => {
  const { stderr, status } = clip('label', '--data', 'tints', '--eval-data', 'tints', ...args);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});
