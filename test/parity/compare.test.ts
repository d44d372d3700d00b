// Comparing two recordings, down to single numbers: bars, what is missing, misshapen, no number, or of no known kind.
import { describe, expect, test } from 'vitest';
import type { DType, TypedArray } from '../../src/checkpoint/dtype.ts';
import { BARS } from '../../src/parity/bars.ts';
import { type CompareOptions, compareRecordings } from '../../src/parity/compare.ts';
import { inComputationOrder, partOf } from '../../src/parity/keys.ts';
import { memoryTensor, type Recording } from '../../src/parity/recording.ts';
import { reportLines } from '../../src/parity/report-lines.ts';

type Given = number[] | [dtype: DType, shape: number[], values: TypedArray];

/** Numbers alone are a float32 vector. */
function recording(tensors: Record<string, Given>, metadata: Record<string, string> = {}): Recording {
  const made = Object.entries(tensors).map(([name, given]) =>
    typeof given[0] === 'string'
      ? memoryTensor(name, given[0], given[1] as number[], given[2] as unknown as TypedArray)
      : memoryTensor(name, 'F32', [given.length], Float32Array.from(given as number[])),
  );
  return { tensors: new Map(made.map((t) => [t.name, t])), metadata: new Map(Object.entries(metadata)) };
}

const TRAIN = { steps: 10, lr: 0.01, beta1: 0.9, beta2: 0.98, eps: 1e-6, weight_decay: 0.2 };
const trained = { train: JSON.stringify(TRAIN) };

/** The only row that comparing these two gives. */
async function row(name: string, actual: Given, expected: Given, options?: CompareOptions) {
  const [a, b] = [actual, expected].map((given) => recording({ [name]: given }, trained));
  const { rows } = await compareRecordings(a!, b!, options);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

describe('bars', () => {
  test('a tap is held to its largest value', async () => {
    expect(await row('tap.visual', [100, 1.0019], [100, 1])).toMatchObject({
      ...{ ok: true, measure: 'of the max', bar: BARS.tap, shape: [2] },
      ...{
        maxAbs: expect.closeTo(0.0019, 6),
        relative: expect.closeTo(1.9e-5, 8),
        cosine: expect.closeTo(1, 9),
      },
    });
    expect(await row('tap.visual', [100, 1.0021], [100, 1])).toMatchObject({ ok: false });
  });

  test('features also as directions, logits also as they are', async () => {
    const turned = await row(
      'tap.text_features',
      ['F32', [1, 2], Float32Array.of(3, 4.00005)],
      ['F32', [1, 2], Float32Array.of(3, 4)],
    );
    expect(turned).toMatchObject({ ok: false, measure: 'normalised', bar: BARS.features });
    const longer = await row(
      'tap.text_features',
      ['F32', [1, 2], Float32Array.of(3.03, 4.04)],
      ['F32', [1, 2], Float32Array.of(3, 4)],
    );
    expect(longer).toMatchObject({ ok: false, measure: 'of the max' });
    expect(await row('tap.logits_per_image', [99.9997], [100])).toMatchObject({
      ok: false,
      measure: 'absolute',
      bar: BARS.logits,
    });
    expect(await row('tap.logits_per_text', [1e-3 + 1.9e-5], [1e-3])).toMatchObject({
      ok: true,
      bar: BARS.tap,
    });
    expect(await row('tap.logits_per_text', [1e-3 + 2.1e-5], [1e-3])).toMatchObject({ ok: false });
    expect(await row('tap.logits_per_image', [99.9999], [100])).toMatchObject({
      ok: true,
      measure: 'absolute',
    });
  });

  test('a gradient that is zero in exact arithmetic is held to the model’s largest', async () => {
    const expected = recording({ 'grad.a': [0, 1e-9], 'grad.b': [2] });
    const within = await compareRecordings(recording({ 'grad.a': [1e-7, 0], 'grad.b': [2] }), expected);
    expect(within.rows.map(({ ok }) => ok)).toEqual([true, true]);
    const over = await compareRecordings(recording({ 'grad.a': [3e-7, 0], 'grad.b': [2] }), expected);
    expect(over).toMatchObject({ verdict: 'fail', first: 'grad.a' });
  });

  test('losses are relative above 1, absolute below', async () => {
    expect(await row('train.loss', [50.0004], [50])).toMatchObject({ ok: true });
    expect(await row('train.loss', [0.00302], [0.003])).toMatchObject({
      ok: false,
      error: expect.closeTo(2e-5, 7),
    });
  });

  test('trained parameters in learning rates, the keys’ biases apart', async () => {
    const name = 'train.param.transformer.resblocks.0.attn.in_proj_bias';
    const [start, keys, queries] = [Array(6).fill(0), [0, 0, 0.15, 0, 0, 0], [0.0011, 0, 0, 0, 0, 0]];
    expect(await row(name, keys, start)).toMatchObject({ ok: true, bar: 20, error: expect.closeTo(15, 4) });
    expect(await row(name, queries, start)).toMatchObject({
      ok: false,
      bar: 0.1,
      error: expect.closeTo(0.11, 6),
    });
    expect(await row('train.param.visual.attnpool.k_proj.bias', [0.15], [0])).toMatchObject({ ok: true });
    expect(await row(name, [1, 2, 3, 4], [1, 2, 3, 4])).toMatchObject({ ok: true, error: 0 });
    expect(await row('train.param.visual.attnpool.q_proj.bias', [0.0011], [0])).toMatchObject({ ok: false });
  });

  test('tokens, pixels, inputs and weights exactly, whatever the type of number', async () => {
    const [ids, wide] = [Int32Array.of(5, 0), BigInt64Array.of(5n, 0n)];
    expect(await row('expect.tokens', ['I32', [1, 2], ids], ['I64', [1, 2], wide])).toMatchObject({
      ok: true,
      measure: 'exact',
    });
    expect(
      await row('expect.pixels.0', ['U8', [1], Uint8Array.of(7)], ['U8', [1], Uint8Array.of(8)]),
    ).toMatchObject({ ok: false, error: 1, bar: 0 });
    expect(await row('param.proj', ['F16', [1], Uint16Array.of(0x3c00)], [1])).toMatchObject({ ok: true });
    expect(await row('input.image', [1.0000001], [1])).toMatchObject({ ok: false });
  });

  test('others may be set', async () => {
    expect(await row('tap.visual', [1.01], [1], { bars: { tap: 0.02 } })).toMatchObject({
      ok: true,
      bar: 0.02,
    });
  });
});

describe('what cannot be compared is a failure with its reason', () => {
  const reason = async (actual: Recording, expected: Recording, options?: CompareOptions) => {
    const { verdict, rows } = await compareRecordings(actual, expected, options);
    return [verdict, ...rows.filter(({ ok }) => !ok).map(({ name, problem }) => `${name}: ${problem}`)];
  };
  const one = recording({ 'tap.visual': [1], 'tap.transformer': [1] });

  test('nothing, between a recording and itself', async () => {
    expect(await reason(one, one)).toEqual(['pass']);
  });

  test('only on one side', async () => {
    const less = recording({ 'tap.visual': [1] });
    expect(await reason(less, one)).toEqual(['fail', 'tap.transformer: only in the expected recording']);
    expect(await reason(one, less)).toEqual(['fail', 'tap.transformer: only in the actual recording']);
    expect(await reason(one, less, { subset: true })).toEqual(['pass']);
    expect((await compareRecordings(one, less, { subset: true })).unrecorded).toEqual(['tap.transformer']);
  });

  test('another shape, even of as many numbers', async () => {
    const tall = recording({ 'tap.visual': ['F32', [1, 1], Float32Array.of(1)], 'tap.transformer': [1] });
    expect(await reason(tall, one)).toEqual(['fail', 'tap.visual: here it is [1, 1]']);
  });

  test('what is no number, on either side or on both', async () => {
    for (const [a, b] of [
      [Number.NaN, 1],
      [1, Number.NaN],
      [Number.NaN, Number.NaN],
      [Infinity, 1],
      [1, -Infinity],
    ] as const) {
      for (const name of [
        'tap.visual',
        'tap.text_features',
        'tap.logits_per_text',
        'grad.proj',
        'train.loss',
        'train.param.proj',
        'expect.image.0',
        'expect.tokens',
      ]) {
        const of = await row(name, [a, 1], [b, 1]);
        expect(of, name).toMatchObject({ ok: false, maxAbs: null, problem: 'a value is no number' });
      }
      const found = await row('tap.visual', [a, 1], [b, 1]);
      expect(JSON.parse(JSON.stringify(found)).error).toBeNull();
    }
  });

  test('something where nothing but zeros is expected', async () => {
    const problem = 'all zeros are expected';
    expect(await row('tap.visual', [0, 1e-9], [0, 0])).toMatchObject({ ok: false, error: null, problem });
    expect(await row('tap.visual', [0, 0], [0, 0])).toMatchObject({ ok: true, error: 0, cosine: 1 });
  });

  test('a training under other options, or under none', async () => {
    const [a, b] = [trained, { train: JSON.stringify({ ...TRAIN, lr: 1 }) }].map((m) =>
      recording({ 'train.loss': [1] }, m),
    );
    expect(await reason(a!, b!)).toEqual(['fail', 'train.loss: trained with another lr: 0.01 instead of 1']);
    const [frozen, adapted] = [{ freeze: ['visual.*'] }, { lora: { rank: 2, alpha: 1 } }].map((more) =>
      recording({ 'train.loss': [1] }, { train: JSON.stringify({ ...TRAIN, ...more }) }),
    );
    for (const [one, other, difference] of [
      [frozen, a, 'freeze: visual.* instead of none'],
      [a, adapted, 'lora: none instead of rank 2, alpha 1'],
    ] as const) {
      expect(await reason(one!, other!)).toEqual(['fail', `train.loss: trained with another ${difference}`]);
    }
    for (const [train, complaint] of [
      [undefined, 'needs the options of the training: train in __metadata__'],
      ['{', 'train in __metadata__ is no JSON'],
      ['null', 'train.steps in __metadata__: expected a whole number, 1 to 1000, got none'],
      [JSON.stringify({ ...TRAIN, lr: -1 }), 'train.lr in __metadata__: expected a number over 0, got -1'],
      [
        JSON.stringify({ ...TRAIN, freeze: 'visual.*' }),
        'train.freeze in __metadata__: expected up to 100 names, with up to three * each for any characters, got "visual.*"',
      ],
      [
        JSON.stringify({ ...TRAIN, freeze: [`${'*'.repeat(30)}z`] }),
        `train.freeze in __metadata__: expected up to 100 names, with up to three * each for any characters, got ["${'*'.repeat(30)}z"]`,
      ],
      [
        JSON.stringify({ ...TRAIN, lora: { rank: 2, alpha: 1, dropout: 0.1 } }),
        'train.lora in __metadata__: expected rank, a whole number from 1, and alpha, a number over 0, got {"rank":2,"alpha":1,"dropout":0.1}',
      ],
      [
        JSON.stringify({ ...TRAIN, clip_norm: 0 }),
        'train.clip_norm in __metadata__: expected a number over 0, got 0',
      ],
      [
        JSON.stringify({ ...TRAIN, accumulate: 1.5 }),
        'train.accumulate in __metadata__: expected a whole number from 1, got 1.5',
      ],
      [
        JSON.stringify({ ...TRAIN, warmup: 5 }),
        'train.warmup in __metadata__: expected some of steps, lr, beta1, beta2, eps, weight_decay, freeze, lora, clip_norm, accumulate',
      ],
      [
        JSON.stringify({ ...TRAIN, freeze: ['visual.*'], lora: { rank: 2, alpha: 1 } }),
        'train in __metadata__: expected freeze or lora, which freezes all but its adapter, got both',
      ],
    ] as const) {
      const bad = recording({ 'train.loss': [1] }, train === undefined ? {} : { train });
      expect(await reason(bad, bad)).toEqual(['fail', `train.loss: ${complaint}`]);
      expect(await reason(recording({ 'train.loss': [1] }, trained), bad)).toEqual([
        'fail',
        `train.loss: ${complaint}`,
      ]);
    }
  });

  test('nothing at all is an error, not a pass', async () => {
    await expect(compareRecordings(recording({}), recording({}))).rejects.toThrow(
      /^nothing to compare: expected/,
    );
    await expect(compareRecordings(one, one, { parts: ['grad'] })).rejects.toThrow(/^nothing to compare/);
  });
});

test('keys in the order of computation, gradients from the loss back', () => {
  const ordered = [
    'input.image',
    'param.visual.conv1.weight',
    'tap.visual.conv1',
    'tap.visual.transformer.resblocks.2',
    'tap.visual.transformer.resblocks.10.ln_1',
    'tap.visual.transformer.resblocks.10.attn.q',
    'tap.visual.transformer.resblocks.10.attn',
    'tap.visual',
    'tap.token_embedding',
    'tap.logits_per_text',
    'grad.logit_scale',
    'grad.transformer.resblocks.1.attn.in_proj_weight',
    'grad.token_embedding.weight',
    'grad.visual.conv1.weight',
    'train.loss',
    'train.param.visual.conv1.weight',
    'expect.tokens',
    'expect.pixels.2',
    'expect.pixels.10',
    'expect.image.0',
    'something.else',
  ];
  expect(inComputationOrder(ordered.toReversed())).toEqual(ordered);
  expect(partOf('something.else')).toBe('other');
  expect(inComputationOrder(['tap.visual.b_new', 'tap.visual.a_new', 'tap.visual.conv1'])).toEqual([
    'tap.visual.conv1',
    'tap.visual.a_new',
    'tap.visual.b_new',
  ]);
});

test('the first row over its bar shows five elements around its worst', async () => {
  const expected = Float32Array.from({ length: 12 }, (_, i) => i);
  const actual = expected.map((value, i) => (i === 7 ? value + 1 : value));
  const found = await row('tap.visual', ['F32', [3, 4], actual], ['F32', [3, 4], expected]);
  expect(found.worst!.map(({ index }) => index)).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 0],
    [2, 1],
  ]);
  expect(found.worst!.filter(({ isWorst }) => isWorst)).toEqual([
    { index: [1, 3], actual: 8, expected: 7, isWorst: true },
  ]);
  const other = await row('tap.visual', [1, 2.5], [1, 2]);
  expect(other.worst).toHaveLength(2);
  const report = await compareRecordings(
    recording({ 'tap.visual.conv1': [1], 'tap.visual': ['F32', [3, 4], actual] }),
    recording({ 'tap.visual.conv1': [1], 'tap.visual': ['F32', [3, 4], expected] }),
  );
  const lines = reportLines(report);
  expect(lines[2]).toMatch(/^>> tap\.visual +\[3, 4\] +1 +0\.0909 .* over$/);
  expect(lines[5]).toMatch(/^ +\[1, 3\] {2}actual +8\.0000000 {2}expected +7\.0000000 {2}← worst$/);
  expect(lines.at(-1)).toBe('fail: 1 of 2 rows, first tap.visual');
});

test('units that a ReLU cuts on one side only are counted', async () => {
  const report = await compareRecordings(
    recording({ 'tap.visual.relu1': [1, 0, 1e-9], 'tap.visual.bn1': [0] }),
    recording({ 'tap.visual.relu1': [1, 1e-9, 1e-9], 'tap.visual.bn1': [1e-30] }),
  );
  expect(report.rows.map(({ name, crossed }) => [name, crossed])).toEqual([
    ['tap.visual.bn1', undefined],
    ['tap.visual.relu1', 1],
  ]);
  expect(reportLines(report).at(-1)).toMatch(
    /^1 units are zero after their ReLU on one side only, first in tap\.visual\.relu1:/,
  );
});
