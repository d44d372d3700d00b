// Dense features: the parts come to the whole, and the pointing game is won against its baseline.
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coverage } from '../../../src/data/shapes/draw.ts';
import { shapesValidation } from '../../../src/data/shapes/shapes.ts';
import type { CLIP } from '../../../src/model/clip.ts';
import { ModifiedResNet } from '../../../src/model/modified-resnet.ts';
import { withTap } from '../../../src/model/module.ts';
import type { ResidualAttentionBlock } from '../../../src/model/transformer.ts';
import type { VisionTransformer } from '../../../src/model/vision-transformer.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';
import { localize, peakOf } from '../../../src/tasks/patches/localize.ts';
import { patchFeatures } from '../../../src/tasks/patches/patch-features.ts';
import { fixtureModel } from '../../support.ts';

let mini: LoadedModel;
beforeAll(async () => {
  mini = await load('mini', { backend: 'wasm', threads: 1 });
});
afterAll(() => mini.release());

function pictures(model: CLIP): tf.Tensor4D {
  const side = model.config.image_resolution;
  return tf.randomNormal([2, 3, side, side], 0, 1, 'float32', 7) as tf.Tensor4D;
}

describe('contributions', () => {
  test('of a ResNet’s patches, the mean’s own and the bias come to the feature', async () => {
    const model = await fixtureModel('tiny-rn.pt');
    const visual = model.visual as ModifiedResNet;
    expect(visual).toBeInstanceOf(ModifiedResNet);
    const images = pictures(model);
    const { patches, image } = patchFeatures(model, images);
    const { probs, v } = tapped(model, images, { probs: 'visual.attnpool.probs', v: 'visual.attnpool.v' });
    // The part of the mean itself, computed head by head in another way than the code under test does.
    const [weight, bias] = [visual.attnpool.c_proj.weight.value, visual.attnpool.c_proj.bias.value];
    const whole = tf.tidy(() => {
      const own = tf.mul(
        tf.slice(probs!, [0, 0, 0, 0], [-1, -1, 1, 1]),
        tf.slice(v!, [0, 0, 0, 0], [-1, -1, 1, -1]),
      ); // [N, H, 1, d]
      const flat = tf.reshape(own, [2, -1]) as tf.Tensor2D; // [N, C], the heads side by side
      return tf.add(tf.add(tf.sum(patches, 1), tf.matMul(flat, weight as unknown as tf.Tensor2D)), bias);
    });
    expect(furthest(whole, image)).toBeLessThan(1e-4 * largest(image));
  });

  test('of a ViT’s patches come to what its attention gave the class token, less its own part and the bias', () => {
    const { model } = mini;
    const images = pictures(model);
    const visual = model.visual as VisionTransformer;
    const { patches } = patchFeatures(model, images); // [2, 16, E]
    const paths = [0, 1, 2, 3].map((block) => `visual.transformer.resblocks.${block}`);
    const values = paths.flatMap((path) => [`${path}.attn`, `${path}.attn.probs`, `${path}.attn.v`]);
    const seen = tapped(
      model,
      images,
      Object.fromEntries([...values, 'visual.transformer'].map((name) => [name, name])),
    );
    const expected = tf.tidy(() => {
      const sums = paths.map((path, block) => {
        const { weight, bias } = (visual.transformer.resblocks.modules[block] as ResidualAttentionBlock).attn
          .out_proj;
        const given = tf.reshape(tf.slice(seen[`${path}.attn`]!, [0, 0, 0], [-1, 1, -1]), [2, -1]); // [2, D]
        const share = tf.slice(seen[`${path}.attn.probs`]!, [0, 0, 0, 0], [-1, -1, 1, 1]); // [2, H, 1, 1]
        const own = tf.mul(share, tf.slice(seen[`${path}.attn.v`]!, [0, 0, 0, 0], [-1, -1, 1, -1])); // [2, H, 1, d]
        const ownPart = tf.matMul(
          tf.reshape(own, [2, -1]) as tf.Tensor2D,
          weight.value as unknown as tf.Tensor2D,
        );
        return tf.sub(tf.sub(given, bias.value), ownPart); // [2, D]
      });
      const sum = sums.reduce((total, part) => tf.add(total, part)); // [2, D]
      const { mean } = tf.moments(sum, 1, true); // [2, 1]
      const last = tf.reshape(tf.slice(seen['visual.transformer']!, [0, 0, 0], [-1, 1, -1]), [2, -1]); // [2, D]
      const spread = tf.sqrt(tf.add(tf.moments(last, 1, true).variance, 1e-5)); // [2, 1]
      const scaled = tf.mul(tf.div(tf.sub(sum, mean), spread), visual.ln_post.weight.value); // [2, D]
      return tf.matMul(scaled as tf.Tensor2D, visual.proj.value as unknown as tf.Tensor2D); // [2, E]
    });
    const sum = tf.sum(patches, 1); // [2, E]
    expect(furthest(sum, expected)).toBeLessThan(1e-4 * largest(expected));
  });

  test('leave no tensor behind', () => {
    const images = pictures(mini.model);
    const before = tf.memory().numTensors;
    for (const method of ['contributions', 'values', 'tokens'] as const) {
      const { patches, image } = patchFeatures(mini.model, images, method);
      tf.dispose([patches, image]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a ResNet has values, and no tokens', async () => {
  const model = await fixtureModel('tiny-rn.pt');
  const images = pictures(model);
  expect(patchFeatures(model, images, 'values').patches.shape[0]).toBe(2);
  expect(() => patchFeatures(model, images, 'tokens')).toThrow(/patch tokens: expected a ViT.*got a ResNet/);
});

function tapped(model: CLIP, images: tf.Tensor4D, names: Record<string, string>) {
  const seen: Record<string, tf.Tensor> = {};
  withTap(
    (name, value) => {
      for (const [key, wanted] of Object.entries(names))
        if (name === wanted) seen[key] = tf.keep(value.clone());
    },
    () => model.encodeImage(images),
  );
  return seen;
}

function furthest(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
}

function largest(a: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(a)).dataSync()[0]!);
}

describe('localize', () => {
  test('finds a shape far oftener than the middle does', async () => {
    const examples = Array.from({ length: 40 }, (_, i) => shapesValidation().example(i));
    const texts = [...new Set(examples.map(({ scene }) => `${scene.colour} ${scene.shape}`))];
    const maps = await localize(
      mini,
      examples.map(({ image }) => image),
      texts,
    );
    const isIn = (i: number, x: number, y: number) => coverage(examples[i]!.scene, 32 * x, 32 * y) >= 0.5;
    const found = examples.filter(({ scene }, i) => {
      const { x, y } = maps[i]![texts.indexOf(`${scene.colour} ${scene.shape}`)]!.peak;
      return isIn(i, x, y);
    }).length;
    const middle = examples.filter((_, i) => isIn(i, 0.5, 0.5)).length;
    expect(found).toBeGreaterThan(middle + 4); // 88 % and 60 % over the whole split
  });

  test('the hottest cell, the first of equals', () => {
    expect(
      peakOf([
        [1, 3],
        [3, 0],
      ]),
    ).toEqual({ row: 0, column: 1, x: 0.75, y: 0.25 });
  });

  test('no texts, and an empty one', async () => {
    await expect(localize(mini, [], [])).rejects.toThrow(/^no texts/);
    await expect(localize(mini, [], ['red', ' '])).rejects.toThrow(/^text 2 is empty/);
  });
});
