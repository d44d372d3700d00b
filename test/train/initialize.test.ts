import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import { CLIP } from '../../src/model/clip.ts';
import { initialize } from '../../src/train/initialize.ts';
import { TINY, TINY_RESNET, tinyModel, weightsOf } from './support.ts';

const deviation = (values: Float32Array): number => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
};

test('the standard deviations are those of OpenAI’s initialize_parameters and PyTorch’s defaults', async () => {
  await startEngine('cpu');
  const model = new CLIP({ ...TINY, vocab_size: 600, transformer_layers: 2 });
  initialize(model, 3);
  const weights = weightsOf(model);
  const spread = (name: string) => deviation(weights.get(name)!);
  const width = 64;
  expect(weights.get('logit_scale')![0]).toBeCloseTo(Math.log(1 / 0.07), 6);
  const expected = {
    'token_embedding.weight': 0.02,
    positional_embedding: 0.01,
    text_projection: width ** -0.5,
    'transformer.resblocks.1.attn.in_proj_weight': width ** -0.5,
    'transformer.resblocks.1.attn.out_proj.weight': width ** -0.5 * 4 ** -0.5,
    'transformer.resblocks.1.mlp.c_fc.weight': (2 * width) ** -0.5,
    'transformer.resblocks.1.mlp.c_proj.weight': width ** -0.5 * 4 ** -0.5,
    'visual.proj': width ** -0.5,
    // Uniform between −a and a: a / √3.
    'visual.conv1.weight': 48 ** -0.5 / Math.sqrt(3),
    'visual.transformer.resblocks.0.attn.in_proj_weight': Math.sqrt(6 / (4 * width) / 3),
    'visual.transformer.resblocks.0.attn.out_proj.weight': width ** -0.5 / Math.sqrt(3),
    'visual.transformer.resblocks.0.mlp.c_fc.weight': width ** -0.5 / Math.sqrt(3),
    'visual.transformer.resblocks.0.mlp.c_proj.weight': (4 * width) ** -0.5 / Math.sqrt(3),
  };
  for (const [name, value] of Object.entries(expected)) {
    expect(spread(name) / value, name).toBeGreaterThan(0.9);
    expect(spread(name) / value, name).toBeLessThan(1.1);
  }
  expect(new Set(weights.get('ln_final.weight'))).toEqual(new Set([1]));
  expect(new Set(weights.get('visual.ln_pre.bias'))).toEqual(new Set([0]));
  expect(new Set(weights.get('transformer.resblocks.0.attn.in_proj_bias'))).toEqual(new Set([0]));
  expect(spread('transformer.resblocks.0.mlp.c_fc.bias')).toBeGreaterThan(0);
  releaseModel(model);
});

test('the blocks of a ResNet begin as the identity, its stem does not', async () => {
  await startEngine('cpu');
  const model = tinyModel(1, TINY_RESNET);
  const weights = weightsOf(model);
  expect(weights.get('visual.layer1.0.bn3.weight')).toEqual(new Float32Array(16));
  expect(weights.get('visual.bn3.weight')).toEqual(new Float32Array(4).fill(1));
  releaseModel(model);
});

test('the same seed gives the same weights, another seed others', async () => {
  await startEngine('cpu');
  const [one, same, other] = [tinyModel(5), tinyModel(5), tinyModel(6)];
  expect(weightsOf(one)).toEqual(weightsOf(same));
  expect(weightsOf(one).get('visual.proj')).not.toEqual(weightsOf(other).get('visual.proj'));
  // Written down, so that a change of the generator is noticed on any platform.
  const bits = randomBits(1);
  expect([bits(), bits()]).toEqual([2693262067, 11749833]);
  for (const model of [one, same, other]) releaseModel(model);
});

test('normal numbers have mean 0, variance 1 and a normal’s tails', () => {
  const bits = randomBits(9);
  const values = Float32Array.from({ length: 100_000 }, () => normal(bits));
  expect(Math.abs(values.reduce((sum, x) => sum + x, 0) / values.length)).toBeLessThan(0.01);
  expect(Math.abs(deviation(values) - 1)).toBeLessThan(0.01);
  const beyond2 = values.filter((x) => Math.abs(x) > 2).length / values.length;
  expect(Math.abs(beyond2 - 0.0455)).toBeLessThan(0.004);
});
