// A decoder learns, is stopped and goes on, is written and read, and is refused where it does not belong.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/checkpoint.ts';
import type { Checkpoint } from '../../../src/checkpoint/stored-tensor.ts';
import { bytesSource } from '../../../src/data/bytes/byte-source.ts';
import { normal, randomBits } from '../../../src/data/random.ts';
import { normalize } from '../../../src/model/ops.ts';
import { beamSearch } from '../../../src/tasks/caption/beam.ts';
import { loadDecoder } from '../../../src/tasks/caption/decoder-file.node.ts';
import { readDecoder } from '../../../src/tasks/caption/decoder-file.ts';
import { trainDecoder } from '../../../src/tasks/caption/learn-decoder.node.ts';
import { type CaptionSource, checkCaptions } from '../../../src/tasks/caption/sources.node.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';

const CAPTIONS = ['a red star', 'a big blue circle', 'the ring is white', 'on black there is a cross'];
const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

let loaded: LoadedModel;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'cpu' });
});

/** Four features that have nothing to do with each other. */
function fourFeatures(): tf.Tensor2D {
  const bits = randomBits(1);
  return tf.tidy(
    () =>
      normalize(
        tf.tensor2d(
          Array.from({ length: 4 * 128 }, () => normal(bits)),
          [4, 128],
        ),
      ) as tf.Tensor2D,
  );
}

const SOURCE: CaptionSource = {
  name: 'four',
  fingerprint: 'four',
  texts: CAPTIONS,
  longest: 6,
  batch: 4,
  batches: () => ({ features: fourFeatures(), captions: CAPTIONS }),
};
const SMALL = {
  shape: { prefix_length: 2, width: 16, layers: 1 },
  training: { steps: 60, warmup: 5, learningRate: 0.02, wordDropout: 0.1 },
};

test('four captions are learned by heart, and come back from the file that was written', async () => {
  const losses: number[] = [];
  const onStep = ({ loss }: { loss: number }) => losses.push(loss);
  const learned = await trainDecoder(loaded, SOURCE, { out: at('four.safetensors'), ...SMALL, onStep });
  expect(losses).toHaveLength(60);
  expect(losses[0]).toBeGreaterThan(2); // ln 16 = 2.8: nothing is known
  expect(losses.at(-1)).toBeLessThan(0.5);
  const read = await loadDecoder(loaded, at('four.safetensors'));
  expect(read.training).toMatchObject({ data: 'four', batch: 4, steps: 60, seed: 0, wordDropout: 0.1 });
  const features = fourFeatures();
  for (const { decoder, vocabulary } of [learned, read]) {
    const captions = await beamSearch(decoder, features, { beam: 3, lengthPower: 1 });
    expect(captions.map(({ rows }) => vocabulary.decode(rows))).toEqual(CAPTIONS);
  }
  for (const decoder of [learned, read]) decoder.release();
});

test('a training that is stopped goes on to the same bytes', async () => {
  const training = { ...SMALL.training, steps: 12 };
  const whole = await trainDecoder(loaded, SOURCE, { out: at('whole.safetensors'), ...SMALL, training });
  whole.release();
  const controller = new AbortController();
  const onStep = ({ step }: { step: number }) => {
    if (step === 6) controller.abort();
  };
  const options = { out: at('parts.safetensors'), ...SMALL, training };
  await expect(
    trainDecoder(loaded, SOURCE, { ...options, signal: controller.signal, onStep }),
  ).rejects.toThrow(/stopped after step 7 of 12 \(saved in .*--resume goes on/);
  expect(existsSync(at('parts.safetensors'))).toBe(false);
  await expect(trainDecoder(loaded, SOURCE, options)).rejects.toThrow(/is a training that is not finished/);
  const other = { ...options, resume: true, seed: 1 };
  await expect(trainDecoder(loaded, SOURCE, other)).rejects.toThrow(
    /was trained in another way: expected seed 0, got 1/,
  );
  const resumed = await trainDecoder(loaded, SOURCE, { ...options, resume: true });
  resumed.release();
  expect(readFileSync(at('parts.safetensors'))).toEqual(readFileSync(at('whole.safetensors')));
  expect(existsSync(at('parts.training.safetensors'))).toBe(false);
  await expect(trainDecoder(loaded, SOURCE, options)).rejects.toThrow(/parts.safetensors is there already/);
});

test('what is no decoder, or not of this model, is refused', async () => {
  const learned = await trainDecoder(loaded, SOURCE, {
    out: at('one.safetensors'),
    ...SMALL,
    training: { ...SMALL.training, steps: 6, warmup: 0 },
  });
  learned.release();
  const good = await openCheckpoint(bytesSource(readFileSync(at('one.safetensors'))));
  const about = JSON.parse(good.metadata.get('caption_decoder')!);
  const withAbout = (change: object): Checkpoint => ({
    ...good,
    metadata: new Map([...good.metadata, ['caption_decoder', JSON.stringify({ ...about, ...change })]]),
  });
  const read = (checkpoint: Checkpoint) => readDecoder(checkpoint, 'x.safetensors', loaded);
  await expect(read({ ...good, metadata: new Map() })).rejects.toThrow(/x.safetensors is no caption decoder/);
  await expect(read(withAbout({ version: 2 }))).rejects.toThrow(/version of the decoder: expected 1, got 2/);
  await expect(read(withAbout({ base: 'other', model: 'ViT-B/32' }))).rejects.toThrow(
    /is the decoder of another model: expected one trained on mini, got "ViT-B\/32"/,
  );
  for (const [change, message] of [
    [{ width: 0 }, /width: expected 1 to 65536, got 0/],
    [{ layers: 1e9 }, /layers: expected 1 to 65536/],
    [{ layers: 60_000 }, /no more layers than tensors/],
    [{ heads: 3 }, /heads that divide the width/],
    [{ vocab_size: 5 }, /does not hold together: expected 16 tokens/],
    [{ layers: 2 }, /only in the model/],
  ] as const) {
    await expect(read(withAbout({ config: { ...about.config, ...change } }))).rejects.toThrow(message);
  }
  const tokens = (ids: unknown) => ({
    ...good,
    metadata: new Map([...good.metadata, ['tokens', JSON.stringify(ids)]]),
  });
  await expect(read(tokens([1, 2, 3]))).rejects.toThrow(/the decoder's tokens: expected ascending ids/);
  await expect(read(tokens('all'))).rejects.toThrow(/tokens: expected a JSON array of whole numbers/);
  await expect(loadDecoder(loaded, 'weights/mini/model.safetensors')).rejects.toThrow(
    /is no caption decoder/,
  );
  await expect(loadDecoder(loaded, at('nothing.safetensors'))).rejects.toThrow(/no such file/);
});

test('pictures without captions teach nothing', () => {
  const set = { name: 'photos', count: 2, fingerprint: '', source: () => ({ path: '' }) };
  expect(() => checkCaptions(set)).toThrow(/photos has no captions: expected a table with a column caption/);
  const some = { ...set, captions: (index: number) => (index === 0 ? ['a cat'] : []) };
  expect(() => checkCaptions(some)).toThrow(/none for picture 2/);
});
