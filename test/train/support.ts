// What the tests of training share: a very small CLIP, and pairs it can learn.
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/backend/engines.node.ts';
import { normal, randomBits } from '../../src/data/random.ts';
import { CLIP } from '../../src/model/clip.ts';
import type { CLIPConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/train/gradients.ts';
import { initialize } from '../../src/train/initialize.ts';
import type { TrainingOptions } from '../../src/train/loop.ts';

export const TINY: CLIPConfig = {
  embed_dim: 16,
  image_resolution: 8,
  vision_layers: 1,
  vision_width: 64,
  vision_patch_size: 4,
  vision_heads: 1,
  vision_mlp_width: 256,
  context_length: 6,
  vocab_size: 24,
  transformer_width: 64,
  transformer_heads: 1,
  transformer_mlp_width: 256,
  transformer_layers: 1,
  activation: 'quick_gelu',
};

export const TINY_RESNET: CLIPConfig = {
  ...TINY,
  image_resolution: 64,
  vision_layers: [1, 1, 1, 1],
  vision_width: 4,
  vision_patch_size: null,
  vision_heads: 2,
  vision_mlp_width: null,
};

export const OPTIONS: TrainingOptions = {
  steps: 20,
  learningRate: 1e-3,
  warmup: 5,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.2,
};

export function tinyModel(seed = 1, config: CLIPConfig = TINY): CLIP {
  const model = new CLIP(config);
  initialize(model, seed);
  return model;
}

/** A ResNet in which every layer has a say: freshly initialized, its blocks add nothing, and deep values vanish. */
export function tinyResnet(): CLIP {
  const model = tinyModel(1, TINY_RESNET);
  const constants = { 'bn3.weight': 0.5, running_mean: -0.1, running_var: 0.1 };
  for (const [name, parameter] of model.namedParameters()) {
    const constant = Object.entries(constants).find(([ending]) => name.endsWith(ending))?.[1];
    if (constant !== undefined) tf.tidy(() => parameter.assign(tf.fill([...parameter.shape], constant)));
  }
  return model;
}

/** Noise with a text of its own for each picture; the same step gives the same batch. */
export function randomBatch(step: number, pairs = 4, side: number = TINY.image_resolution): Batch {
  const bits = randomBits(step);
  const pixels = Float32Array.from({ length: pairs * 3 * side * side }, () => normal(bits));
  const rows = Array.from({ length: pairs }, () => [22, bits() % 22, bits() % 22, 23, 0, 0]);
  return {
    images: tf.tensor4d(pixels, [pairs, 3, side, side]),
    tokens: tf.tensor2d(rows.flat(), [pairs, 6], 'int32'),
  };
}

/** Every parameter's numbers, by name. */
export function weightsOf(model: CLIP): Map<string, Float32Array> {
  return new Map(
    [...model.namedParameters()].map(([name, parameter]) => {
      const tensor = parameter.read();
      const values = tensor.dataSync() as Float32Array;
      tensor.dispose();
      return [name, values.slice()];
    }),
  );
}

/** The engines that training is tested on: native too, where it is installed. */
export async function trainingEngines(): Promise<('cpu' | 'wasm' | 'native')[]> {
  try {
    await startEngine('native');
    return ['cpu', 'wasm', 'native'];
  } catch (error) {
    console.log(`skipped: training on native. ${(error as Error).message}`);
    return ['cpu', 'wasm'];
  }
}
