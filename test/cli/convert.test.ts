// convert, inspect of other programs' folders, and the flags that say what files do not.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const vit = fixture('checkpoints', 'tiny-vit.pt');

describe('convert', () => {
  test('a chain of all three, and a classification with each', () => {
    const hf = clip('convert', vit, 'hf', '--to', 'hf', '--json');
    expect(hf).toMatchObject({ status: 0, stderr: '' });
    const made = JSON.parse(hf.stdout);
    expect(made).toMatchObject({ path: 'hf/model.safetensors', to: 'hf', parameters: 261_377 });
    expect(readdirSync(join(folder, 'hf')).sort()).toEqual(
      made.files.map((file: string) => file.slice(3)).sort(),
    );
    const tokenizer = ['special_tokens_map.json', 'tokenizer_config.json', 'merges.txt', 'vocab.json'];
    const files = ['open_clip_model.safetensors', ...tokenizer, 'open_clip_config.json'];
    expect(clip('convert', 'hf', 'oc', '--to', 'open_clip').stdout).toBe(
      files.map((file) => `oc/${file}\n`).join(''),
    );
    expect(clip('convert', 'oc', 'end.safetensors', '--to', 'openai').stdout).toBe('end.safetensors\n');
    const picture = fixture('pictures', 'colour-444.jpg');
    const answers = [vit, 'hf', 'oc', 'end.safetensors'].map((model) => {
      const { stdout, stderr } = clip('classify', picture, '--labels', 'a,b,c', '--model', model, '--json');
      expect(stderr).toMatch(/^engine: \w+\n$/); // nothing had to be assumed
      return JSON.parse(stdout).results;
    });
    for (const answer of answers.slice(1)) expect(answer).toEqual(answers[0]);
  });

  test.each<[string, number, string[], RegExp]>([
    [
      'a ResNet for Hugging Face',
      1,
      [fixture('checkpoints', 'tiny-rn.pt'), 'rn', '--to', 'hf'],
      /has no ResNet/,
    ],
    ['no scheme', 2, [vit, 'x'], /required option '--to <names>' not specified/],
    ['a scheme that is none', 2, [vit, 'x', '--to', 'timm'], /Allowed choices are openai, hf, open_clip/],
    ['a type that is none', 2, [vit, 'x', '--to', 'hf', '--dtype', 'f8'], /Allowed choices are f32, f16/],
    ['a file for Hugging Face', 1, [vit, 'x.safetensors', '--to', 'hf'], /expected the name of a folder/],
    ['a place that is taken', 1, [vit, 'hf', '--to', 'hf'], /hf\/model\.safetensors is there already/],
    [
      'a resolution between patches',
      1,
      [vit, 'x', '--to', 'hf', '--resolution', '33'],
      /a multiple of 8 pixels/,
    ],
    [
      'heads that are no numbers',
      2,
      [vit, 'x', '--to', 'hf', '--heads', '2'],
      /two whole numbers, as in 16,12/,
    ],
    [
      'heads that do not divide',
      1,
      [vit, 'x', '--to', 'hf', '--heads', '5,1'],
      /which 5 heads do not divide/,
    ],
  ])('%s is refused in one line', (_, status, args, complaint) => {
    const before = readdirSync(folder);
    const outcome = clip('convert', ...args);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toMatch(complaint);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('inspect', () => {
  test("Hugging Face's folder", () => {
    const summary = JSON.parse(clip('inspect', fixture('schemes', 'hf'), '--json').stdout);
    expect(summary).toMatchObject({ scheme: 'hf', known: null, differences: '', notes: [] });
    expect(summary.config).toMatchObject({ vision_heads: 2, transformer_heads: 4, activation: 'gelu' });
    expect(summary.parameters).toHaveLength(78);
    expect(summary.parameters.map(({ name }: { name: string }) => name)).toContain(
      'visual_projection.weight',
    );
    const sums = Object.fromEntries(summary.modules.map((row: { name: string }) => [row.name, row]));
    expect(sums['visual.conv1']).toEqual({ name: 'visual.conv1', parameters: 40 * 192, bytes: 40 * 192 * 4 });
    expect(sums['transformer.resblocks.1.mlp'].parameters).toBe(2 * 32 * 128 + 32 + 128);
    expect(summary.dtypes).toEqual([
      { dtype: 'F32', parameters: expect.any(Number), bytes: expect.any(Number) },
    ]);
  });

  test('an archive of two types, for people', () => {
    const { stdout, stderr } = clip('inspect', vit);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^model: none that is published\nnames: OpenAI's, all fit\nfile: torchscript, F32 .*; F16 /m,
    );
    expect(stdout).toMatch(/^visual\.transformer\.resblocks\.1 +49,984 numbers, 100,480 bytes$/m);
  });

  test('what the files do not say is assumed aloud, or said', () => {
    cpSync(fixture('schemes', 'open_clip', 'epoch_1.pt'), join(folder, 'alone.pt'));
    const silent = clip('inspect', 'alone.pt');
    expect(silent.status).toBe(1); // heads of 16
    expect(silent.stderr).toMatch(/a width of 32: expected a multiple of 64.*--heads says/);
    const said = clip('inspect', 'alone.pt', '--heads', '2,4', '--json');
    expect(said.stderr).toMatch(/^alone\.pt does not say its activation.*taken as OpenAI's QuickGELU/);
    const vocabulary =
      /^alone\.pt does not say its vocabulary of 520, nor does a merges\.txt beside it: taken as/m;
    expect(said.stderr).toMatch(vocabulary);
    const settings = ['--heads', '2,4', '--activation', 'gelu', '--json'];
    const some = clip('inspect', 'alone.pt', ...settings);
    expect(some.stderr).toMatch(vocabulary);
    expect(some.stderr.trimEnd().split('\n')).toHaveLength(1);
    cpSync(join(ROOT, 'weights/mini/merges.txt'), join(folder, 'merges.txt'));
    const both = clip('inspect', 'alone.pt', ...settings);
    expect(both.stderr).toBe('');
    rmSync(join(folder, 'merges.txt'));
    expect(JSON.parse(both.stdout).config).toMatchObject({
      vision_heads: 2,
      transformer_heads: 4,
      activation: 'gelu',
    });
  });

  test('a configuration of another model, one file of several, a folder of two', () => {
    mkdirSync(join(folder, 'mixed'));
    cpSync(vit, join(folder, 'mixed/vit.pt'));
    cpSync(
      fixture('schemes', 'open_clip', 'open_clip_config.json'),
      join(folder, 'mixed/open_clip_config.json'),
    );
    expect(clip('inspect', 'mixed').stderr).toMatch(
      /open_clip_config\.json and the weights in vit\.pt disagree on \w+: expected .*put each model into a folder/,
    );
    cpSync(vit, join(folder, 'mixed/other.pt'));
    expect(clip('inspect', 'mixed').stderr).toMatch(/or one other checkpoint, got 2: .*name the file/);
    rmSync(join(folder, 'mixed'), { recursive: true });
    const shard = join(fixture('schemes', 'hf'), 'model-00001-of-00005.safetensors');
    expect(clip('inspect', shard).stderr).toMatch(
      /is one file of several: .*model\.safetensors\.index\.json/,
    );
  });
});

test("without OpenAI's weights test:weights says that it skipped", () => {
  const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [tsx, join(ROOT, 'scripts/test-weights.ts')], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^skipped: none of OpenAI's weights are here/);
  expect(stdout).toMatch(/0 passed, 0 failed, 0 skipped\n$/);
  expect(status).toBe(0);
});
