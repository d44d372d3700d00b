// finetune and train, start to finish: five classes that the embedded model has not seen, by every method.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SKETCHED, writeSketches } from '../../scripts/make-sketches.ts';
import { commandLine } from './run.ts';

const { folder, clip } = commandLine();
vi.setConfig({ testTimeout: 240_000 }); // trainings

beforeAll(() => {
  writeSketches(join(folder, 'five'), 'train', 16);
  writeSketches(join(folder, 'five'), 'test', 12);
  writeSketches(join(folder, 'few'), 'test', 2);
});

interface Report {
  method: string;
  before: { target: number; zeroshot: number };
  after: { target: number; zeroshot: number };
  seconds: number;
  bytes: number;
  file: string;
  steps: number;
  broken: number;
}

function finetune(out: string, ...args: string[]): Report {
  const given = [
    '--data',
    'five/train',
    '--eval-data',
    'five/test',
    '--backend',
    'wasm',
    '--out',
    out,
    '--json',
  ];
  const { stdout, stderr, status } = clip('finetune', ...given, ...args);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

const accuracyOf = (...args: string[]): number =>
  JSON.parse(clip('eval', '--backend', 'wasm', '--json', ...args).stdout).top1;

test('lora: better on the five classes, and the printed forgetting is what eval finds', {
  timeout: 240_000,
}, () => {
  const report = finetune('lora', '--method', 'lora', '--epochs', '60', '--seed', '1');
  expect(report.method).toBe('lora');
  expect(report.after.target).toBeGreaterThan(report.before.target + 0.1);
  expect(report.before.zeroshot).toBe(accuracyOf('--dataset', 'shapes'));
  const adapter = join(folder, 'lora/adapter.safetensors');
  expect(report.bytes).toBe(readFileSync(adapter).length);
  expect(report.bytes).toBeLessThan(100_000);
  expect(report.after.zeroshot).toBe(accuracyOf('--dataset', 'shapes', '--adapter', adapter));
  expect(readdirSync(join(folder, 'lora')).sort()).toEqual([
    'adapter.safetensors',
    'curves.png',
    'metrics.jsonl',
  ]);
  const lines = readFileSync(join(folder, 'lora/metrics.jsonl'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(report.steps);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ step: report.steps - 1, pairs: 32 });

  // The adapter in other commands: beside the model, and merged into it.
  const picture = join(folder, 'five/test/star/000.png');
  const ask = (...model: string[]): unknown =>
    JSON.parse(
      clip('classify', picture, '--labels', SKETCHED.join(), '--json', '--backend', 'wasm', ...model).stdout,
    ).results;
  expect(clip('convert', 'mini', 'merged.safetensors', '--to', 'openai', '--adapter', adapter).status).toBe(
    0,
  );
  const beside = ask('--adapter', adapter);
  expect(ask('--model', join(folder, 'merged.safetensors'))).toEqual(beside);
  expect(ask()).not.toEqual(beside);
  // An adapter on top of an adapter belongs to both, and says so where one is missing; one option holds one adapter.
  const onTop = finetune(
    'on-top',
    '--adapter',
    adapter,
    '--steps',
    '1',
    '--warmup',
    '0',
    '--zeroshot',
    'few/test',
  );
  expect(clip('inspect', '--adapter', onTop.file).stderr).toMatch(/trained on other weights than these/);
  expect(clip('inspect', '--adapter', adapter).stderr).toBe('');
  const two = clip('inspect', '--adapter', adapter, '--adapter', onTop.file);
  expect([two.status, two.stderr]).toEqual([2, expect.stringMatching(/one at a time/)]);
  expect(clip('inspect', adapter).stderr).toMatch(/adapter.safetensors is an adapter and no model \(/);
  const refused = clip('classify', picture, '--labels', 'a,b', '--adapter', picture);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/000.png/);
});

describe.each(['full', 'image-only', 'text-only'])('%s', (method) => {
  test('a model that is better on the five classes, and loads', () => {
    const report = finetune(method, '--method', method, '--zeroshot', 'few/test', '--epochs', '12');
    expect(report.after.target).toBeGreaterThan(report.before.target + 0.05);
    const out = join(folder, method);
    expect(existsSync(join(out, 'merges.txt'))).toBe(true);
    expect(report.bytes).toBe(readFileSync(join(out, 'model.safetensors')).length);
    expect(clip('classify', 'five/test/star/000.png', '--labels', 'star,heart', '--model', out).status).toBe(
      0,
    );
    const tower = { full: undefined, 'image-only': /^(?!visual\.|logit_scale)/, 'text-only': /^visual\./ }[
      method
    ];
    if (tower) expect(changed(out).filter((name) => tower.test(name))).toEqual([]);
    expect(changed(out).length).toBeGreaterThan(10);
  });
});

/** Names of the tensors whose bytes are not the embedded model's. */
function changed(out: string): string[] {
  const read = (file: string) => {
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE());
    const { __metadata__, ...header } = JSON.parse(bytes.subarray(8, 8 + length).toString());
    return { header, data: bytes.subarray(8 + length) };
  };
  const [mine, mini] = [
    join(out, 'model.safetensors'),
    join(import.meta.dirname, '../../weights/mini/model.safetensors'),
  ].map(read);
  const bytesOf = ({ header, data }: typeof mine & {}, name: string) =>
    data.subarray(...(header[name].data_offsets as [number, number]));
  return Object.keys(mini!.header).filter((name) => !bytesOf(mine!, name).equals(bytesOf(mini!, name)));
}

test('train: from nothing, and with names that stay', () => {
  const common = ['--data', 'five/train', '--eval-data', 'few/test', '--zeroshot', 'few/test', '--json'];
  const scratch = clip(
    'train',
    ...common,
    '--from-scratch',
    '--steps',
    '3',
    '--out',
    'scratch',
    '--backend',
    'wasm',
  );
  expect(scratch.status, scratch.stderr).toBe(0);
  expect(JSON.parse(scratch.stdout)).toMatchObject({ method: 'from-scratch', steps: 3 });
  const frozen = clip(
    ...['train', ...common, '--freeze', 'visual.*', '--freeze', '*bias', '--steps', '2', '--out', 'frozen'],
    ...['--backend', 'wasm', '--parts', '4', '--flip', '0.5'],
  );
  expect(frozen.status, frozen.stderr).toBe(0);
  expect(changed(join(folder, 'frozen')).filter((name) => /^visual|bias$/.test(name))).toEqual([]);
  expect(changed(join(folder, 'frozen'))).toContain('text_projection');
});
