// parity, parity record, parity compare: what they print and write, and how they fail.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support.ts';
import { commandLine, type Outcome } from './run.ts';

const { folder, clip } = commandLine();
const vit = fixture('parity/vit.safetensors');
const parity = (...args: string[]): Outcome => clip('parity', ...args, '--backend', 'wasm');
const json = ({ stdout }: Outcome) => JSON.parse(stdout);

/** A copy of a safetensors file with one name in its header replaced by one of the same length. */
function renamed(from: string, to: string, as: string): string {
  const bytes = readFileSync(vit);
  const at = bytes.indexOf(`"${from}"`);
  bytes.write(to, at + 1);
  writeFileSync(join(folder, as), bytes);
  return as;
}

describe('parity', () => {
  test('of the embedded model, on two engines, without any file of one’s own', () => {
    const { stdout, stderr, status } = clip('parity', '--backend', 'wasm,cpu', '--figure', 'error.png');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wasm:\n {3}key /);
    expect(stdout.match(/^pass: \d+ rows, each within its bar$/gm)).toHaveLength(2);
    expect(stderr).toBe('engine: wasm\nengine: cpu\nfigure: error.png\n');
    expect(PNG.sync.read(readFileSync(join(folder, 'error.png'))).width).toBeGreaterThan(600);
  });

  test('of a recording’s own weights, as JSON in the order of computation', () => {
    const report = json(parity('--reference', vit, '--json'));
    expect(report).toMatchObject({ verdict: 'pass', first: null, backends: ['wasm'], unrecorded: [] });
    expect(report.rows[0]).toEqual({
      ...{
        name: 'tap.visual.conv1',
        shape: [3, 32, 7, 7],
        maxAbs: expect.any(Number),
        relative: expect.any(Number),
      },
      ...{
        cosine: expect.closeTo(1, 9),
        error: expect.any(Number),
        measure: 'of the max',
        bar: 2e-5,
        ok: true,
      },
    });
    const kinds = report.rows.map(({ name }: { name: string }) =>
      name.replace(/^((train|expect)\.[a-z]+|[a-z]+).*/, '$1'),
    );
    expect([...new Set(kinds)]).toEqual([
      'tap',
      'grad',
      'train.loss',
      'train.param',
      'expect.tokens',
      'expect.pixels',
      'expect.image',
    ]);
  });

  test('fails with the first row, five numbers around its worst, and exit status 1', () => {
    const outcome = parity(
      '--reference',
      vit,
      '--parts',
      'tap',
      '--bar',
      'tap=1e-9',
      '--bar',
      'features=1e-9',
    );
    expect(outcome.status).toBe(1);
    expect(outcome.stdout).toMatch(
      /^>> tap\.visual\.conv1 .* 1\.0e-9 of the max {2}over\n( {6}\[.*\] {2}actual .* expected .*\n){5}/m,
    );
    expect(outcome.stdout).toMatch(/\nfail: \d+ of \d+ rows, first tap\.visual\.conv1\n$/);
  });

  test('a renamed tensor and a missing input are failures with a reason', () => {
    const tap = parity(
      '--reference',
      renamed('tap.visual.ln_pre', 'tap.visual.ln_pra', 'tap.safetensors'),
      '--parts',
      'tap',
      '--json',
    );
    expect(tap.status).toBe(1);
    expect(json(tap)).toMatchObject({
      verdict: 'fail',
      first: 'tap.visual.ln_pra',
      unrecorded: ['tap.visual.ln_pre'],
    });
    const input = parity(
      '--reference',
      renamed('input.image', 'input.imago', 'input.safetensors'),
      '--parts',
      'tap',
      '--json',
    );
    expect(input.status).toBe(1);
    expect(json(input)).toMatchObject({ verdict: 'fail', first: 'tap.visual.conv1' });
    expect(json(input).rows[0].problem).toBe('needs input.image, which the recording lacks');
  });

  test.each([
    [['--bar', 'tap'], /--bar.*expected such as tap=1e-4/, 2],
    [['--bar', 'tape=1'], /--bar/, 2],
    [['--parts', 'taps'], /expected some of input,param,tap,.* got taps/, 2],
    [['--backend', 'wasm,abacus'], /expected some of auto,.* got abacus/, 2],
    [['--figure', 'error.jpg'], /ends in \.png/, 2],
    [['--model', fixture('checkpoints/tiny-vit.pt')], /expected --reference FILE/, 2],
    [['--reference', fixture('checkpoints/plain.safetensors')], /is no recording: expected keys such as/, 1],
    [['--reference', 'none.safetensors'], /none\.safetensors/, 1],
  ])('%j is refused in one line', (args, complaint, status) => {
    const outcome = clip('parity', ...args);
    expect(outcome.stderr).toMatch(complaint);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome).toMatchObject({ status, stdout: '' });
  });
});

describe('parity record and compare', () => {
  test('a run is written, read back, and agrees with the same run on another engine', () => {
    const record = (engine: string, out: string, ...args: string[]) =>
      clip('parity', 'record', '--out', out, '--backend', engine, ...args);
    expect(record('wasm', 'ours.safetensors').stdout).toMatch(/^ours\.safetensors: \d+ tensors\n$/);
    const parts = ['--parts', 'tap,grad']; // plain JavaScript trains for a minute
    record('cpu', 'theirs.safetensors', '--reference', join(folder, 'ours.safetensors'), ...parts);
    const { stdout, status } = clip('parity', 'compare', 'theirs.safetensors', 'ours.safetensors', ...parts);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n {3}grad\.logit_scale /);
    record('wasm', 'taps.safetensors', '--parts', 'tap');
    const less = clip('parity', 'compare', 'taps.safetensors', 'ours.safetensors', '--json');
    expect(json(less)).toMatchObject({ verdict: 'fail', first: 'grad.logit_scale' });
    expect(clip('parity', 'compare', 'taps.safetensors', 'ours.safetensors', '--parts', 'tap').status).toBe(
      0,
    );
  });

  test('a recording’s own weights run on its own inputs give all of it again', () => {
    const recorded = clip(
      'parity',
      'record',
      '--reference',
      vit,
      '--out',
      'again.safetensors',
      '--backend',
      'wasm',
    );
    expect(recorded.status).toBe(0);
    const { stdout, status } = clip('parity', 'compare', 'again.safetensors', vit, '--json');
    expect([JSON.parse(stdout).unrecorded, status]).toEqual([[], 0]);
  });

  test('a run on a picture and a text, and what it cannot have', () => {
    const picture = fixture('pictures/colour-444.jpg');
    const { stderr, status } = clip(
      'parity',
      'record',
      '--out',
      'cat.safetensors',
      '--image',
      picture,
      picture,
      '--text',
      'a red circle',
      '--backend',
      'wasm',
    );
    expect(status).toBe(0);
    expect(stderr).toContain('no grad.logit_scale: needs as many texts as pictures, got 1 and 2\n');
    expect(parity('--model', 'mini', '--reference', 'cat.safetensors').status).toBe(0);
  });

  test('nothing is written where something is wrong', () => {
    expect(
      clip('parity', 'record', '--out', 'x.safetensors', '--image', 'none.png', '--backend', 'wasm'),
    ).toMatchObject({ status: 1 });
    expect(
      clip('parity', 'record', '--out', 'x.safetensors', '--reference', vit, '--text', 'a'),
    ).toMatchObject({ status: 2 });
    expect(clip('parity', 'record')).toMatchObject({ status: 2 });
    expect(existsSync(join(folder, 'x.safetensors'))).toBe(false);
  });
});
