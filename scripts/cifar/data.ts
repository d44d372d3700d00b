// CIFAR-100's test split in two, and the batch of each step. Which pictures, which part of each, mirrored or not, under which
// caption: all of it is drawn with whole numbers from the seed, and scripts/train_cifar.py draws the same.
import * as tf from '@tensorflow/tfjs-core';
import { crc32 } from '../../src/checkpoint/crc32.ts';
import { openCifar100 } from '../../src/data/cifar.node.ts';
import { augment } from '../../src/data/pictures/augment.ts';
import type { Picture } from '../../src/data/pictures/picture.ts';
import { normalize } from '../../src/data/pictures/preprocess.ts';
import { randomBits, seedFor } from '../../src/data/random.ts';
import { labelledSet } from '../../src/data/sets/labelled.ts';
import { epochOrder, splitSet } from '../../src/data/sets/order.ts';
import type { PictureSet } from '../../src/data/sets/picture-set.ts';
import type { Batch } from '../../src/train/gradients.ts';
import { AUGMENTATION, HELD_OUT, SEED } from './recipe.ts';

const SIDE = 32;

/** 8,000 pictures to train on and 2,000 to be judged by, 80 and 20 of every class. `path`: as openCifar100 takes it. */
export async function openParts(path: string): Promise<[train: PictureSet, held: PictureSet]> {
  return splitSet(labelledSet('cifar100 test', await openCifar100(path, 'test')), HELD_OUT, SEED);
}

export function pictureAt(set: PictureSet, index: number): Picture {
  const source = set.source(index);
  if ('picture' in source) return source.picture;
  throw new Error('the pictures of CIFAR-100 are in memory');
}

/** A batch, and a checksum of its pictures' bytes and its ids: two programs that note the same one saw the same. */
export interface StepBatch extends Batch {
  checksum: string;
}

/** `captions[label][template]` are ids. Pairs of one class share the truth. */
export function batchOf(
  train: PictureSet,
  captions: readonly (readonly ArrayLike<number>[])[],
  size: number,
  step: number,
): StepBatch {
  const perEpoch = Math.floor(train.count / size);
  const order = epochOrder(train.count, SEED, Math.floor(step / perEpoch));
  const first = (step % perEpoch) * size;
  const length = captions[0]![0]!.length;
  const pixels = new Uint8Array(size * SIDE * SIDE * 3); // [N, 32, 32, 3]
  const images = new Float32Array(pixels.length); // [N, 3, 32, 32]
  const ids = new Int32Array(size * length); // [N, L]
  const groups = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const index = order[first + i]!;
    const label = train.labels![index]!;
    const rgb = augment(pictureAt(train, index), SIDE, seedFor(SEED, `picture ${step} ${i}`), AUGMENTATION);
    pixels.set(rgb, i * rgb.length);
    images.set(normalize(rgb, SIDE * SIDE), i * rgb.length);
    const templates = captions[label]!;
    const template = randomBits(seedFor(SEED, `caption ${step} ${i}`))() % templates.length;
    ids.set(templates[template]!, i * length);
    groups[i] = label;
  }
  const checksum = [pixels, new Uint8Array(ids.buffer)].map((bytes) => crc32(bytes).toString(16)).join('-');
  return {
    images: tf.tensor4d(images, [size, 3, SIDE, SIDE]),
    tokens: tf.tensor2d(ids, [size, length], 'int32'),
    groups,
    checksum,
  };
}
