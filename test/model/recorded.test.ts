// Every value of a forward pass, held to what OpenAI's Python classes computed (scripts/reference.py).
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import type { Checkpoint } from '../../src/checkpoint/stored-tensor.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { withTap } from '../../src/model/module.ts';
import { fixtureModel, openFixture, recorded, relativeError } from '../support.ts';

// Measured over both fixtures: 1.4e-6 at the worst tap on wasm, 1.3e-6 on cpu, both in fp32 as PyTorch itself.
const BAR = 5e-6;

/** The names of the values that are over the bar, of those not recorded, and of those recorded but never seen. */
async function differences(model: CLIP, recording: Checkpoint): Promise<string[]> {
  const references = new Map<string, tf.Tensor>();
  for (const key of recording.tensors.keys()) {
    if (key.startsWith('tap.')) references.set(key.slice(4), await recorded(recording, key));
  }
  const image = (await recorded(recording, 'input.image')) as tf.Tensor4D;
  const text = (await recorded(recording, 'input.text')) as tf.Tensor2D;
  const found: string[] = [];
  const unseen = new Set(references.keys());
  const tap = (name: string, value: tf.Tensor) => {
    const reference = references.get(name);
    unseen.delete(name);
    if (!reference) found.push(`not recorded: ${name}`);
    else if (!(relativeError(value, reference) <= BAR)) found.push(`over the bar: ${name}`);
  };
  tf.tidy(() => withTap(tap, () => model.call(image, text)));
  tf.dispose([...references.values(), image, text]);
  return [...found, ...[...unseen].map((name) => `never seen: ${name}`)];
}

const hasNative = await startEngine('native').catch(() =>
  console.log('skipped: native, which is not installed'),
);

describe.each(['cpu', 'wasm', ...(hasNative ? ['native'] : [])])('on %s', (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(['tiny-vit', 'tiny-rn'])('%s computes what PyTorch computes, tap by tap', async (name) => {
    const model = await fixtureModel(`${name}.pt`);
    const recording = await openFixture('parity', `${name}.safetensors`);
    expect(recording.tensors.size).toBeGreaterThan(60);
    expect(await differences(model, recording)).toEqual([]);
    releaseModel(model);
  });

  test('GELU instead of QuickGELU, as open_clip trains', async () => {
    const recording = await openFixture('parity', 'tiny-vit-gelu.safetensors');
    const image = (await recorded(recording, 'input.image')) as tf.Tensor4D;
    const features = await recorded(recording, 'tap.image_features');
    const [gelu, quick] = [await fixtureModel('tiny-vit.pt', 'gelu'), await fixtureModel('tiny-vit.pt')];
    expect(relativeError(gelu.encodeImage(image), features)).toBeLessThan(BAR);
    expect(relativeError(quick.encodeImage(image), features)).toBeGreaterThan(100 * BAR);
  });
});

describe('the comparison notices', () => {
  let model: CLIP;
  beforeAll(async () => {
    await startEngine('wasm');
    model = await fixtureModel('tiny-vit.pt');
  });
  afterAll(() => releaseModel(model));

  test('a gain that is off by 1e-4, first where it is used', async () => {
    const gain = model.transformer.resblocks.children()[1]![1].namedParameters();
    const [, parameter] = [...gain].find(([name]) => name === 'ln_1.weight')!;
    const before = parameter.read();
    parameter.assign(tf.add(before, 1e-4));
    const found = await differences(model, await openFixture('parity', 'tiny-vit.safetensors'));
    parameter.assign(before);
    expect(found[0]).toBe('over the bar: transformer.resblocks.1.ln_1');
  });
});
