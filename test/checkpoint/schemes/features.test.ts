// Models as transformers and open_clip wrote them, to the features that they compute (scripts/record_schemes.py).
import { readFileSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { BARS } from '../../../src/parity/bars.ts';
import { load } from '../../../src/tasks/load.node.ts';
import { fixture, openFixture, recorded, relativeError } from '../../support.ts';

const BACKEND = 'wasm';

describe.each([
  ['hf', 'hf'],
  ['an index by its own name', 'hf/model.safetensors.index.json', 'hf'],
  ['open_clip', 'open_clip/epoch_1.pt', 'open_clip'],
])('%s', (_, path, folder = path) => {
  it('is loaded and computes the same features', async () => {
    const notes: string[] = [];
    const { model, release } = await load(fixture('schemes', ...path.split('/')), {
      backend: BACKEND,
      onNote: (note) => notes.push(note),
    });
    const reference = await openFixture('schemes', folder, 'features.safetensors');
    const image = model.encodeImage((await recorded(reference, 'input.image')) as tf.Tensor4D);
    const text = model.encodeText((await recorded(reference, 'input.text')) as tf.Tensor2D);
    expect(relativeError(image, await recorded(reference, 'image_features'))).toBeLessThan(BARS.features);
    expect(relativeError(text, await recorded(reference, 'text_features'))).toBeLessThan(BARS.features);
    expect(model.config.activation).toBe('gelu');
    // What only merges.txt says, which the trainer does not save.
    const vocabulary = expect.stringMatching(/^epoch_1\.pt does not say its vocabulary of 520/);
    expect(notes).toEqual(folder === 'open_clip' ? [vocabulary] : []);
    release();
  });
});

it("another resolution: positions as Hugging Face's interpolate_pos_encoding makes them", async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const options = { backend: BACKEND, resolution: 40, onNote };
  const { model, release } = await load(fixture('schemes', 'hf'), options);
  const reference = await openFixture('schemes', 'hf', 'features.safetensors');
  const image = model.encodeImage((await recorded(reference, 'larger.image')) as tf.Tensor4D);
  expect(relativeError(image, await recorded(reference, 'larger.image_features'))).toBeLessThan(
    BARS.features,
  );
  expect(notes).toEqual([expect.stringMatching(/^positions are interpolated from 24 to 40 pixels/)]);
  release();
  const odd = load(fixture('schemes', 'hf'), { ...options, resolution: 41 });
  await expect(odd).rejects.toThrow('the resolution: expected a multiple of 8 pixels up to 8192, got 41');
});

it('mean and standard deviation come from beside the weights', async () => {
  const hf = await load(fixture('schemes', 'hf'), { backend: BACKEND });
  const onNote = () => {};
  const openClip = await load(fixture('schemes', 'open_clip', 'epoch_1.pt'), { backend: BACKEND, onNote });
  expect(hf.model.config).toMatchObject({ image_mean: [0.5, 0.5, 0.5] });
  expect(hf.model.config.image_std).toBeUndefined(); // OpenAI's
  expect(openClip.model.config).toMatchObject({ image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] });
  const grey = { mode: 'L', width: 24, height: 24, data: new Uint8Array(24 * 24).fill(255) } as const;
  const values = await openClip.preprocess(grey as never).data();
  expect([Math.min(...values), Math.max(...values)]).toEqual([1, 1]); // (1 − ½) / ½
  hf.release();
  openClip.release();
});

it('the index and its files must agree', async () => {
  const { openShards } = await import('../../../src/checkpoint/shards.ts');
  const index = readFileSync(fixture('schemes', 'hf', 'model.safetensors.index.json'), 'utf8');
  const open = (name: string) => openFixture('schemes', 'hf', name);
  const { tensors } = await openShards(index, 'index', open);
  expect(tensors.size).toBe(78);
  const change = (edit: (map: Record<string, unknown>) => void) => {
    const json = JSON.parse(index);
    edit(json.weight_map);
    return openShards(JSON.stringify(json), 'index', open);
  };
  await expect(change((map) => Object.assign(map, { more: map.logit_scale }))).rejects.toThrow(
    /^index: model-0000\d-of-0000\d\.safetensors has no tensor more/,
  );
  await expect(change((map) => delete map.logit_scale)).rejects.toThrow(
    /tensor logit_scale of model-.*: expected a place in the index, got none/,
  );
  for (const shard of ['../x.safetensors', '/etc/passwd', '..', '', 7, 'a\\b']) {
    await expect(change((map) => Object.assign(map, { logit_scale: shard }))).rejects.toThrow(
      /^index: tensor logit_scale: expected a file beside the index/,
    );
  }
  await expect(openShards('{}', 'index', open)).rejects.toThrow(
    'index: weight_map: expected 1 to 1000 files, got 0',
  );
  await expect(openShards('[]', 'index', open)).rejects.toThrow('index: expected a JSON object, got []');
});
