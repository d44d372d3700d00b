// Where a training's numbers first stopped being numbers, for whoever has to find out why.
import * as tf from '@tensorflow/tfjs-core';
import type { CLIP } from '../model/clip.ts';
import { type Parameter, withTap } from '../model/module.ts';
import type { Batch } from './gradients.ts';

/**
 * Names the first value that is NaN or infinite, in the order of a step: a parameter, the pictures, a layer's output,
 * a gradient (of the backward pass: the last layer's first). Runs the model once more. All parameters are looked at.
 */
export async function firstNotFinite(
  model: CLIP,
  { images, tokens }: Batch,
  trained: ReadonlyMap<string, Parameter>,
  gradients: ReadonlyMap<string, tf.Tensor>,
): Promise<string> {
  for (const [name, { value }] of new Map([...model.namedParameters(), ...trained])) {
    if (!allFinite(value)) return `the parameter ${name}`;
  }
  if (!allFinite(images)) return 'the pictures';
  const layer = firstLayer(model, images, tokens);
  const parameter = [...gradients].reverse().find(([, gradient]) => !allFinite(gradient))?.[0];
  const ofGradient = parameter === undefined ? '' : `the gradient of ${parameter}`;
  if (layer === undefined) return ofGradient || 'the loss';
  return `the layer ${layer}${ofGradient && `, and ${ofGradient}`}`;
}

/** The first module or named value of a forward pass that is not finite; undefined where all are. */
function firstLayer(model: CLIP, images: tf.Tensor4D, tokens: tf.Tensor2D): string | undefined {
  let first: string | undefined;
  const tap = (name: string, value: tf.Tensor): void => {
    if (first === undefined && !allFinite(value)) first = name;
  };
  tf.dispose(withTap(tap, () => model.call(images, tokens)));
  return first;
}

function allFinite(tensor: tf.Tensor): boolean {
  const sum = tf.tidy(() => tf.sum(tf.mul(tensor, 0))); // 0, for NaN · 0 and ∞ · 0 are NaN
  const [zero] = sum.dataSync();
  sum.dispose();
  return zero === 0;
}
