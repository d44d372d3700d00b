// Our run: what it is asked for, what it says when inputs are missing or wrong, and what it leaves behind.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { decodePicture } from '../../src/data/pictures/decode.node.ts';
import { compareRecordings } from '../../src/parity/compare.ts';
import { inputsFrom, seededInputs } from '../../src/parity/inputs.ts';
import { isAdapterStart, type Part, partOf } from '../../src/parity/keys.ts';
import { hasOwnModel } from '../../src/parity/own-model.ts';
import { parityOf } from '../../src/parity/parity.ts';
import { recordRun } from '../../src/parity/record.ts';
import { memoryTensor, numbersOf, type Recording } from '../../src/parity/recording.ts';
import { fixture } from '../support.ts';
import { weightsOf } from '../train/support.ts';
import { changed, openCase, withOwnModel } from './support.ts';

let vit: Recording;
beforeAll(async () => {
  await startEngine('wasm');
  vit = await openCase('vit');
});

/** The problems of a report, each with the first key that has it. */
async function problemsOf(recording: Recording, parts?: Part[]): Promise<Record<string, string>> {
  return withOwnModel(vit, async (subject) => {
    const run = await recordRun(subject, recording, { parts, decodePicture });
    const { verdict, rows } = await compareRecordings(run, recording, { subset: true, parts });
    const problems: Record<string, string> = {};
    for (const { name, problem } of rows) if (problem !== undefined) problems[problem] ??= name;
    expect(verdict).toBe(Object.keys(problems).length === 0 ? 'pass' : 'fail');
    return problems;
  });
}

const forward: Part[] = ['tap', 'grad'];

describe('a recording that cannot be run fails, and says why', () => {
  test('without the picture, the text, or both', async () => {
    const noImage = changed(vit, (tensors) => tensors.delete('input.image'));
    expect(await problemsOf(noImage, forward)).toEqual({
      'needs input.image, which the recording lacks': 'tap.visual.conv1',
    });
    const noText = changed(vit, (tensors) => tensors.delete('input.text'));
    expect(await problemsOf(noText, forward)).toEqual({
      'needs input.text, which the recording lacks': 'tap.token_embedding',
    });
    const neither = changed(noImage, (tensors) => tensors.delete('input.text'));
    expect(Object.keys(await problemsOf(neither, forward))).toHaveLength(2);
  });

  test('with inputs of another shape or type', async () => {
    const put = (...inputs: Parameters<typeof memoryTensor>) =>
      problemsOf(
        changed(vit, (tensors) => tensors.set(inputs[0], memoryTensor(...inputs))),
        ['tap'],
      );
    expect(await put('input.image', 'F32', [1, 3, 28, 27], new Float32Array(3 * 28 * 27))).toEqual({
      'needs input.image of shape [N, 3, 28, 28], got [1, 3, 28, 27]': 'tap.visual.conv1',
    });
    expect(await put('input.image', 'F32', [0, 3, 28, 28], new Float32Array(0))).toEqual({
      'needs input.image of shape [N, 3, 28, 28], got [0, 3, 28, 28]': 'tap.visual.conv1',
    });
    expect(await put('input.text', 'I32', [1, 12], new Int32Array(12))).toEqual({
      'needs input.text of shape [N, 11], got [1, 12]': 'tap.token_embedding',
    });
    for (const id of [530, -1]) {
      const ids = BigInt64Array.from({ length: 33 }, () => BigInt(id));
      expect(await put('input.text', 'I64', [3, 11], ids)).toEqual({
        [`needs ids in input.text, whole numbers from 0 to 529, got ${id}`]: 'tap.token_embedding',
      });
    }
  });

  test('with more texts than pictures there are no gradients', async () => {
    const more = changed(vit, (tensors) =>
      tensors.set('input.text', memoryTensor('input.text', 'I64', [4, 11], new BigInt64Array(44))),
    );
    const problems = await problemsOf(more, ['grad', 'train']);
    expect(problems).toEqual({ 'needs as many texts as pictures, got 4 and 3': 'grad.logit_scale' });
  });

  test('with a renamed tensor, a name of no kind, sources that are none', async () => {
    const renamed = changed(vit, (tensors) => {
      tensors.set('tap.visual.conv_1', tensors.get('tap.visual.conv1')!);
      tensors.set('values.x', tensors.get('tap.visual.conv1')!);
      tensors.set('source.text', memoryTensor('source.text', 'U8', [2], Uint8Array.of(0x5b, 0x31)));
      tensors.set('source.picture.0', memoryTensor('source.picture.0', 'U8', [3], Uint8Array.of(1, 2, 3)));
      tensors.delete('source.picture.1');
    });
    const problems = await problemsOf(renamed);
    expect(problems).toMatchObject({
      'the model has no value of this name': 'tap.visual.conv_1',
      'no kind of key that a recording has': 'values.x',
      'source.text: expected a JSON array of strings in UTF-8, got something else': 'expect.tokens',
      'needs the source.picture of its number, which the recording lacks': 'expect.pixels.1',
    });
    expect(
      Object.keys(problems).find((why) => why.startsWith('source.picture.0: not a picture')),
    ).toBeDefined();
  });

  test('with a training that the model or the recording cannot have', async () => {
    const lora = await openCase('vit-lora');
    const options = JSON.parse(lora.metadata.get('train')!) as object;
    const train = (more: object) => ({ train: JSON.stringify({ ...options, ...more }) });
    const [path, weight] = ['visual.transformer.resblocks.0.attn.q_proj', 'param.visual.ln_pre.weight'];
    const problem = async (...change: Parameters<typeof changed>) =>
      Object.keys(await problemsOf(changed(...change), ['train']));
    const nothing = (): void => {};
    expect(await problem(lora, nothing, train({ lora: { rank: 1e12, alpha: 1 } }))).toEqual([
      `the recorded training: expected param.${path}.lora_A.weight [1000000000000, 32], got [3, 32]`,
    ]);
    expect(await problem(lora, (tensors) => tensors.delete(`param.${path}.lora_B.weight`))).toEqual([
      `the recorded training: expected param.${path}.lora_B.weight [32, 3], got none`,
    ]);
    const stray = 'param.visual.transformer.resblocks.9.attn.q_proj.lora_A.weight';
    expect(await problem(lora, (tensors) => tensors.set(stray, tensors.get(weight)!))).toEqual([
      `the recorded training: expected an adapter of the model, got ${stray}, which it has no place for`,
    ]);
    expect(await problem(lora, nothing, train({ lora: undefined }))).toEqual([
      expect.stringMatching(
        /^the recorded training: expected train.lora in __metadata__, got param\..*without it$/,
      ),
    ]);
    for (const [freeze, why] of [
      [['visuel.*'], 'no parameter is called visuel.*: expected state-dict names'],
      [['*'], 'everything is frozen: expected a parameter to train, got *'],
    ] as const) {
      const [reason] = await problem(vit, nothing, train({ lora: undefined, freeze }));
      expect(reason).toContain(why);
    }
  });

  test('with a text too long for the model', async () => {
    const json = new TextEncoder().encode(JSON.stringify(['a very long text']));
    const long = changed(vit, (tensors) =>
      tensors.set('source.text', memoryTensor('source.text', 'U8', [json.length], json)),
    );
    const [why] = Object.keys(await problemsOf(long, ['tokens']));
    expect(why).toMatch(/^text too long: expected at most 11 tokens/);
  });
});

test('a run leaves the model as it was', async () => {
  await withOwnModel(vit, async (subject) => {
    const before = weightsOf(subject.model);
    const passes: string[] = [];
    await recordRun(subject, vit, {
      parts: ['tap', 'grad', 'train'],
      onProgress: (done, total) => passes.push(`${done}/${total}`),
    });
    expect(weightsOf(subject.model)).toEqual(before);
    expect(passes).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}/12`));
  });
});

test('a LoRA training leaves the model as it was, and an adapter’s start is no weight of it', async () => {
  const lora = await openCase('vit-lora');
  await withOwnModel(lora, async (subject) => {
    const before = weightsOf(subject.model);
    const run = await recordRun(subject, lora, { parts: ['param', 'train'] });
    expect(weightsOf(subject.model)).toEqual(before);
    expect([...subject.model.namedParameters()].every(([, { adapter }]) => !adapter)).toBe(true);
    const { verdict, rows, unrecorded } = await compareRecordings(run, lora);
    expect({ verdict, unrecorded }).toEqual({ verdict: 'pass', unrecorded: [] });
    expect(rows.filter(({ name }) => /^param\..*lora/.test(name))).toEqual([]); // it was given, not computed
  });
  const starts = [...lora.tensors].filter(([key]) => isAdapterStart(key));
  expect(starts).toHaveLength(24);
  expect(hasOwnModel({ ...lora, tensors: new Map(starts) })).toBe(false);
});

test('parityOf reports on all parts, and on its progress to the end', async () => {
  const progress: [done: number, total: number][] = [];
  const report = await withOwnModel(vit, (subject) =>
    parityOf(subject, vit, { decodePicture, onProgress: (...at) => progress.push(at) }),
  );
  expect(report).toMatchObject({ verdict: 'pass', first: null, unrecorded: [] });
  const kinds = report.rows.map(({ name }) => partOf(name));
  expect([...new Set(kinds)]).toEqual(['param', 'tap', 'grad', 'train', 'tokens', 'pixels']);
  expect(progress.at(-1)![0]).toBe(progress[0]![1]);
  expect(
    progress.every(([done, total], i) => total === progress[0]![1] && done > (progress[i - 1]?.[0] ?? 0)),
  ).toBe(true);
});

test('other weights than the recorded ones are found before anything else', async () => {
  const other = await openCase('vit');
  const bias = other.tensors.get('param.ln_final.bias')!;
  const values = Float32Array.from(await numbersOf(bias), (value, i) => (i === 5 ? value + 1e-3 : value));
  const moved = changed(other, (tensors) =>
    tensors.set(bias.name, memoryTensor(bias.name, 'F32', [24], values)),
  );
  const report = await withOwnModel(vit, async (subject) =>
    compareRecordings(await recordRun(subject, moved, { parts: ['param', 'tap'] }), moved, {
      parts: ['param', 'tap'],
    }),
  );
  expect(report.first).toBe('param.ln_final.bias');
  expect(report.rows[0]!.name).toBe('param.visual.conv1.weight');
});

test('a run of its own: noise from a seed, the same again, other with another', async () => {
  await withOwnModel(vit, async (subject) => {
    const inputs = (seed: number) => seededInputs(subject.model.config, 3, seed);
    const run = async (seed: number) => recordRun(subject, inputs(seed), { parts: ['tap', 'grad', 'train'] });
    const [one, same, other] = [await run(1), await run(1), await run(2)];
    expect((await compareRecordings(one, same)).verdict).toBe('pass');
    expect((await compareRecordings(one, other)).first).toBe('input.image');
    const ids = await numbersOf(one.tensors.get('input.text')!);
    expect([ids[0], ids[10], Math.max(...ids), ids[32]]).toEqual([528, 0, 529, 529]);
    expect(one.tensors.has('train.param.visual.proj')).toBe(true);
  });
});

test('a run on pictures and texts holds what they were and what became of them', async () => {
  await withOwnModel(vit, async (subject) => {
    const file = readFileSync(fixture('pictures/colour-444.jpg'));
    const inputs = await inputsFrom(subject, [file], ['a&amp;b', 'Hi'], decodePicture);
    const run = await recordRun(subject, inputs, {
      parts: ['tap', 'grad', 'tokens', 'pixels'],
      decodePicture,
    });
    const shapes = new Map([...run.tensors].map(([key, { shape }]) => [key, shape]));
    expect(shapes.get('source.picture.0')).toEqual([file.length]);
    expect(shapes.get('expect.pixels.0')).toEqual([28, 28, 3]);
    expect(shapes.get('tap.logits_per_image')).toEqual([1, 2]);
    expect(run.whyAbsent?.('grad.logit_scale')).toBe('needs as many texts as pictures, got 2 and 1');
    for (const [input, expected] of [
      ['input.image', 'expect.image.0'],
      ['input.text', 'expect.tokens'],
    ] as const) {
      expect(await numbersOf(run.tensors.get(input)!)).toEqual(await numbersOf(run.tensors.get(expected)!));
    }
  });
});
