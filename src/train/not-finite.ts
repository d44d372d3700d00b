// Where a training's numbers first stopped being numbers, for whoever has to find out why.
import * as tf from '@tensorflow/tfjs-core';
import { type Parameter, withTap } from '../model/module.ts';

/**
 * Names the first value that is NaN or infinite, in the order of a step: a parameter, the input (such as the pictures), a
 * layer's output, a gradient (of the backward pass: the last layer's first). Runs `forward` once more, whose answer it
 * disposes of.
 */
export async function firstNotFinite(
  parameters: ReadonlyMap<string, Parameter>,
  [inputName, input]: readonly [name: string, input: tf.Tensor],
  forward: () => tf.TensorContainer,
  gradients: ReadonlyMap<string, tf.Tensor>,
): Promise<string> {
  for (const [name, { value }] of parameters) {
    if (!(await allFinite(value))) return `the parameter ${name}`;
  }
  if (!(await allFinite(input))) return inputName;
  const layer = await firstLayer(forward);
  const parameter = await firstOf([...gradients].reverse().map(([name, gradient]) => [name, zero(gradient)]));
  const ofGradient = parameter === undefined ? '' : `the gradient of ${parameter}`;
  if (layer === undefined) return ofGradient || 'the loss';
  return `the layer ${layer}${ofGradient && `, and ${ofGradient}`}`;
}

/** The first module or named value of a forward pass that is not finite; undefined where all are. */
async function firstLayer(forward: () => tf.TensorContainer): Promise<string | undefined> {
  const seen: [name: string, zero: tf.Tensor][] = [];
  const tap = (name: string, value: tf.Tensor) => seen.push([name, tf.keep(zero(value))]);
  tf.dispose(withTap(tap, forward));
  return firstOf(seen);
}

/** The name beside the first that is not zero. Frees them all. */
async function firstOf(zeros: [name: string, zero: tf.Tensor][]): Promise<string | undefined> {
  let first: string | undefined;
  for (const [name, tensor] of zeros) {
    if (first === undefined && (await tensor.data())[0] !== 0) first = name;
    tensor.dispose();
  }
  return first;
}

async function allFinite(tensor: tf.Tensor): Promise<boolean> {
  return (await firstOf([['', zero(tensor)]])) === undefined;
}

/** 0, or NaN where a number is none: NaN · 0 and ∞ · 0 are NaN. */
function zero(tensor: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.sum(tf.mul(tensor, 0)));
}
