// Everything that a forward and a backward pass produce, held to what OpenAI's Python classes computed, on every engine.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { decodePicture } from '../../src/data/pictures/decode.node.ts';
import { compareRecordings, type ParityReport } from '../../src/parity/compare.ts';
import { inComputationOrder } from '../../src/parity/keys.ts';
import { recordRun } from '../../src/parity/record.ts';
import { load, MINI_REFERENCE } from '../../src/tasks/load.node.ts';
import {
  CASES,
  ENGINES,
  memory,
  openCase,
  optionsOf,
  reportOf,
  startListed,
  TRAININGS,
  withOwnModel,
} from './support.ts';

/** What is over its bar, and beside it the closest that each kind of value came to its own. */
function outcome({ rows }: ParityReport): { over: string[]; kinds: Map<string, string> } {
  const over = rows.filter(({ ok }) => !ok).map(({ name, error, problem }) => `${name} ${problem ?? error}`);
  const kinds = new Map<string, { share: number; text: string }>();
  for (const { name, error, bar, measure } of rows) {
    const kind = `${name.replace(/^(train\.[a-z]+|[a-z]+).*/, '$1')}, ${measure}`;
    const share = bar === 0 ? 0 : error! / bar!;
    if (!(share <= (kinds.get(kind)?.share ?? -1)))
      kinds.set(kind, { share, text: `${error!.toExponential(1)} ${name}` });
  }
  return { over, kinds: new Map([...kinds].map(([kind, { text }]) => [kind, text])) };
}

/** Holds a case to its recording: nothing over its bar, nothing unrecorded, and no memory kept. */
async function passed(engine: string, name: Parameters<typeof openCase>[0]) {
  const recording = await openCase(name);
  const before = memory();
  const report = await reportOf(recording);
  const { over, kinds } = outcome(report);
  console.log(`${engine} ${name}: ${JSON.stringify(Object.fromEntries(kinds))}`);
  expect(over).toEqual([]);
  expect(report).toMatchObject({ verdict: 'pass', first: null, unrecorded: [] });
  expect(memory()).toEqual(before);
  return { recording, report };
}

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(async () => {
    await startListed(engine);
  });

  test.each(CASES)('%s: taps, gradients, ten steps, tokens and pixels are PyTorch’s', async (name) => {
    const { report } = await passed(engine, name);
    expect(new Set(report.rows.map(({ name: key }) => key.split('.')[0]))).toEqual(
      new Set(['tap', 'grad', 'train', 'expect']),
    );
  });

  test.each(TRAININGS)('%s: ten steps are PyTorch’s', async (name) => {
    const { report, recording } = await passed(engine, name);
    const trained = [...recording.tensors.keys()].filter((key) => key.startsWith('train.'));
    expect(report.rows.map(({ name: key }) => key).toSorted()).toEqual(trained.toSorted());
  });

  test('the embedded model computes what PyTorch computes with it', async () => {
    const reference = await openCheckpoint(bytesSource(readFileSync(MINI_REFERENCE)));
    const loaded = await load('mini', optionsOf(engine));
    const run = await recordRun(loaded, reference, { decodePicture });
    expect(outcome(await compareRecordings(run, reference, { subset: true })).over).toEqual([]);
    loaded.release();
  });
});

test.each(['vit', 'rn'] as const)('%s: names tell the order in which layers compute', async (name) => {
  await startEngine('wasm');
  const recording = await openCase(name);
  const run = await withOwnModel(recording, (subject) => recordRun(subject, recording, { parts: ['tap'] }));
  const fired = [...run.tensors.keys()].filter((key) => key.startsWith('tap.'));
  expect(inComputationOrder(fired.toSorted())).toEqual(fired);
  expect(fired.length).toBeGreaterThan(60);
});

test('the recordings that are committed stay small, and hold every kind of key', async () => {
  const kinds = new Set<string>();
  let bytes = 0;
  for (const name of [...CASES, ...TRAININGS]) {
    for (const [key, { byteLength }] of (await openCase(name)).tensors) {
      kinds.add(key.replace(/^((?:train|source|expect|input)\.[a-z]+|[a-z]+).*/, '$1'));
      bytes += byteLength;
    }
  }
  expect(bytes).toBeLessThan(8e6);
  expect([...kinds].toSorted()).toEqual(
    'expect.image expect.pixels expect.tokens grad input.image input.text param source.picture source.text tap train.loss train.param'.split(
      ' ',
    ),
  );
});
