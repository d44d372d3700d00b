import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { loadStateDict, releaseModel } from '../../src/checkpoint/state-dict.ts';
import { type Checkpoint, StoredTensor } from '../../src/checkpoint/stored-tensor.ts';
import { openFile } from '../../src/data/bytes/file-source.node.ts';
import { ClipError } from '../../src/errors.ts';
import { CLIP } from '../../src/model/clip.ts';
import { inferConfig } from '../../src/model/config.ts';
import { LINEAR_ORDER, Module, Parameter } from '../../src/model/module.ts';

beforeAll(async () => void (await startEngine('cpu')));

class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(inputs: number, outputs: number) {
    super();
    this.weight = new Parameter([outputs, inputs], { order: LINEAR_ORDER });
    this.bias = new Parameter([outputs]);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return tf.add(tf.matMul(x, this.weight.value as tf.Tensor2D), this.bias.value);
  }
}

class Two extends Module {
  readonly first = new Linear(3, 2);
  readonly second = new Linear(2, 2);

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this.second.call(this.first.call(x));
  }
}

/** A checkpoint in memory; values count up from 0 in every tensor. */
function checkpoint(shapes: Record<string, number[]>, broken?: string): Checkpoint {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const read = async () => {
      if (name === broken) throw new ClipError('the file became shorter');
      return new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer);
    };
    tensors.set(name, new StoredTensor(name, 'F32', shape, read));
  }
  return { format: 'safetensors', tensors, metadata: new Map() };
}

const SHAPES = { 'first.weight': [2, 3], 'first.bias': [2], 'second.weight': [2, 2], 'second.bias': [2] };

describe('loadStateDict', () => {
  it('gives each parameter its value, in the order the model stores it', async () => {
    const model = new Two();
    const before = tf.memory().numTensors;
    const progress: number[][] = [];
    await loadStateDict(model, checkpoint(SHAPES), (done, total) => progress.push([done, total]));
    expect(tf.memory().numTensors - before).toBe(4);
    expect(model.first.weight.value.arraySync()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect([...model.second.bias.value.dataSync()]).toEqual([0, 1]);
    expect(progress.at(-1)).toEqual([56, 56]);
    expect(progress.length).toBe(4);
    releaseModel(model);
    expect(tf.memory().numTensors).toBe(before);
    expect(model.first.bias.hasValue).toBe(false);
  });

  it('passes over buffers that carry no weight', async () => {
    const buffers = {
      input_resolution: [],
      context_length: [],
      vocab_size: [],
      'first.num_batches_tracked': [],
      'embeddings.position_ids': [1, 77],
      'second.attn_mask': [77, 77],
    };
    const model = new Two();
    await loadStateDict(model, checkpoint({ ...SHAPES, ...buffers }));
    expect(model.first.bias.hasValue).toBe(true);
    releaseModel(model);
  });

  it('says all that does not fit in one line, before anything is read', async () => {
    const { 'first.bias': _, ...rest } = SHAPES;
    const extra = Object.fromEntries(Array.from({ length: 5 }, (_unused, i) => [`extra.${i}`, [i]]));
    const model = new Two();
    const loading = loadStateDict(
      model,
      checkpoint({ ...rest, ...extra, 'second.weight': [2, 5] }, 'first.weight'),
    );
    await expect(loading).rejects.toThrow(
      new ClipError(
        'the checkpoint does not fit the model: only in the model (1): first.bias [2]; ' +
          'only in the file (5): extra.0 [0], extra.1 [1], extra.2 [2], and 2 more; ' +
          'another shape in the file (1): second.weight [2,5] instead of [2,2]',
        { hint: 'clip-tfjs inspect lists what is in the file' },
      ),
    );
    expect(model.first.weight.hasValue).toBe(false);
  });

  it('names what is not finite, and loads it all the same', async () => {
    const model = new Two();
    const numbers = Float32Array.of(1, Number.NaN, 3, Infinity);
    const file = checkpoint(SHAPES);
    const spoilt = [
      new StoredTensor('first.bias', 'F32', [2], async () => new Uint8Array(numbers.slice(0, 2).buffer)),
      new StoredTensor('second.weight', 'F32', [2, 2], async () => new Uint8Array(numbers.buffer)),
    ];
    const tensors = new Map([...file.tensors, ...spoilt.map((tensor) => [tensor.name, tensor] as const)]);
    expect(await loadStateDict(model, { ...file, tensors })).toEqual([
      { name: 'first.bias', count: 1 },
      { name: 'second.weight', count: 2 },
    ]);
    expect([...model.second.weight.value.dataSync()]).toEqual([1, 3, Number.NaN, Infinity]);
    releaseModel(model);
    expect(await loadStateDict(model, file)).toEqual([]);
    releaseModel(model);
  });

  it('leaves no half of a model behind when reading fails', async () => {
    const model = new Two();
    const before = tf.memory().numTensors;
    await expect(loadStateDict(model, checkpoint(SHAPES, 'second.bias'))).rejects.toThrow('became shorter');
    expect(tf.memory().numTensors).toBe(before);
    expect(model.first.weight.hasValue).toBe(false);
  });
});

const FOLDER = new URL('../fixtures/checkpoints/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8'));

const hasNative = await startEngine('native').then(
  () => true,
  () => false,
);

describe.each(['cpu', 'wasm', ...(hasNative ? ['native'] : [])])('on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)));

  it.each(['tiny-vit.pt', 'tiny-rn.pt'])('a CLIP has the values of %s, to the bit', async (file) => {
    const source = await openFile(new URL(file, FOLDER).pathname);
    const opened = await openCheckpoint(source);
    const shapes = new Map([...opened.tensors].map(([name, { shape }]) => [name, shape]));
    const model = new CLIP(inferConfig(shapes));
    await loadStateDict(model, opened);
    await source.close();
    for (const [name, parameter] of model.namedParameters()) {
      const value = parameter.read(); // back in PyTorch's order
      const digest = createHash('sha256')
        .update(new Uint8Array((await value.data()).slice().buffer))
        .digest('hex');
      expect(digest, name).toBe(manifest[file].tensors[name].float32);
      value.dispose();
    }
    releaseModel(model);
  });
});
