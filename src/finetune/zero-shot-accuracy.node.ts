// What the model does with a set's class names alone: the measure before a training, and of what it forgot.
import * as tf from '@tensorflow/tfjs-core';
import type { LinearHead } from '../checkpoint/head-file.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { type EmbedPicturesOptions, embedPictures } from '../tasks/embed-pictures.node.ts';
import { linearHeadOf } from '../tasks/linear-head.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { zeroShotHead } from '../tasks/zero-shot.ts';
import { classesOf } from './class-labels.ts';
import { headAccuracy } from './head-accuracy.ts';

/** Accuracy, 0 … 1, on the pictures to learn and on others that the model knew before. */
export interface Scores {
  target: number;
  zeroshot: number;
}

/** The classifier that class names make, as a linear one. */
export async function namesHead(
  loaded: LoadedModel,
  classes: readonly string[],
  templates: readonly string[] | undefined,
): Promise<LinearHead> {
  // Cut where it is too long, as a training's captions are.
  const head = await zeroShotHead(loaded, classes, { truncate: true, ...(templates && { templates }) });
  try {
    return await linearHeadOf(head);
  } finally {
    tf.dispose(head.features);
  }
}

/** Zero-shot accuracy on a set of classes. */
export async function zeroShotAccuracy(
  loaded: LoadedModel,
  set: PictureSet,
  templates: readonly string[] | undefined,
  options?: EmbedPicturesOptions,
): Promise<number> {
  const head = await namesHead(loaded, classesOf(set), templates);
  const { features, labels } = await embedPictures(loaded, set, options);
  return headAccuracy(head, features, labels!);
}
