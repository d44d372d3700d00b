// Configurations and indices that are damaged or lie: an answer or a ClipError of one line, never anything else.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clipCheckpoint } from '../../../src/checkpoint/clip-checkpoint.ts';
import { readHFConfig } from '../../../src/checkpoint/schemes/hf-config.ts';
import { readOpenClipConfig } from '../../../src/checkpoint/schemes/open-clip-config.ts';
import { openShards } from '../../../src/checkpoint/shards.ts';
import type { Checkpoint } from '../../../src/checkpoint/stored-tensor.ts';
import { ClipError } from '../../../src/errors.ts';
import { fixture, openFixture } from '../../support.ts';
import { damage, pick, type Random, randomNumbers } from '../fuzz/damage.ts';

const TIMES = 300 * Number(process.env.FUZZ ?? 1);
const text = (...path: string[]) => readFileSync(fixture('schemes', ...path), 'utf8');

const VALUES = [
  null,
  true,
  -1,
  0,
  0.5,
  1,
  7,
  1e9,
  1e308,
  '',
  'gelu',
  '16',
  [],
  [1, 2],
  [1, 2, 3, 4],
  {},
  [[]],
];

/** JSON with one of its values replaced by another of any kind, or its bytes damaged. */
function damaged(json: string, random: Random): string {
  if (random(3) === 0) return new TextDecoder().decode(damage(new TextEncoder().encode(json), random));
  const root = JSON.parse(json);
  let at = root;
  for (;;) {
    const key = pick(random, Object.keys(at));
    const value = at[key];
    const isInner = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (isInner && random(4) > 0) at = value;
    else {
      at[key] = pick(random, VALUES);
      return JSON.stringify(root);
    }
  }
}

async function endsWell(json: string, read: (json: string) => unknown): Promise<void> {
  const random = randomNumbers(json.length);
  let refused = 0;
  for (let i = 0; i < TIMES; i++) {
    const other = damaged(json, random);
    try {
      await read(other);
    } catch (error) {
      refused++;
      if (!(error instanceof ClipError)) throw new Error(`${other.slice(0, 500)} ended in ${error}`);
      expect(error.message).not.toContain('\n');
    }
  }
  expect(refused).toBeGreaterThan(TIMES / 10);
}

describe('damaged', () => {
  it('config.json', () => endsWell(text('hf', 'config.json'), (json) => readHFConfig(json, undefined)));

  it('preprocessor_config.json', () => {
    const config = text('hf', 'config.json');
    return endsWell(text('hf', 'preprocessor_config.json'), (json) => readHFConfig(config, json));
  });

  it('open_clip_config.json', () => endsWell(text('open_clip', 'open_clip_config.json'), readOpenClipConfig));

  it('model.safetensors.index.json', async () => {
    const shards = new Map<string, Checkpoint>();
    for (let i = 1; i <= 5; i++) {
      const name = `model-0000${i}-of-00005.safetensors`;
      shards.set(name, await openFixture('schemes', 'hf', name));
    }
    const missing = () => Promise.reject(new ClipError('no such file'));
    await endsWell(text('hf', 'model.safetensors.index.json'), (json) =>
      openShards(json, 'index', (name) =>
        shards.has(name) ? Promise.resolve(shards.get(name)!) : missing(),
      ),
    );
  });

  it('config in __metadata__', async () => {
    const { tensors } = await openFixture('parity', 'vit.safetensors');
    const own = [...tensors].filter(([key]) => key.startsWith('param.'));
    const weights = new Map(own.map(([key, tensor]) => [key.slice('param.'.length), tensor]));
    const config =
      '{"vision_heads": 2, "transformer_heads": 3, "activation": "gelu", "image_mean": [0.5, 0.5, 0.5]}';
    await endsWell(config, (json) =>
      clipCheckpoint(
        { format: 'safetensors', tensors: weights, metadata: new Map([['config', json]]) },
        'file',
      ),
    );
  });
});

it('q, k and v must be there and alike', async () => {
  const index = JSON.parse(text('hf', 'model.safetensors.index.json')).weight_map as Record<string, string>;
  const tensors = new Map();
  for (const name of new Set(Object.values(index))) {
    for (const [key, tensor] of (await openFixture('schemes', 'hf', name)).tensors) tensors.set(key, tensor);
  }
  const open = (edit: (copy: typeof tensors) => void) => {
    const copy = new Map(tensors);
    edit(copy);
    const configs = new Map([['config.json', text('hf', 'config.json')]]);
    return () =>
      clipCheckpoint({ format: 'safetensors', tensors: copy, metadata: new Map() }, 'file', configs);
  };
  const layer = 'text_model.encoder.layers.0';
  const k = `${layer}.self_attn.k_proj.weight`;
  expect(open((copy) => copy.delete(k))).toThrow(
    /^q, k and v of transformer\.resblocks\.0\.attn\.in_proj_weight: expected all three, got .*q_proj.*v_proj/,
  );
  const other = tensors.get(`${layer}.mlp.fc1.weight`);
  expect(open((copy) => copy.set(k, Object.assign(Object.create(other), { name: k })))).toThrow(
    /expected F32 \[32,32\] for each, got F32 \[128,32\] for text_model/,
  );
  const positions = { name: 'positional_embedding' };
  expect(
    open((copy) => copy.set('positional_embedding', Object.assign(Object.create(other), positions))),
  ).toThrow(/^two tensors mean positional_embedding/);
});
