// What a picture is made of while it is optimised: numbers, and how they are drawn. Three files beside this one are three
// answers; the better one fits how pictures are, the less an encoder can be deceived by what no picture has.
import type * as tf from '@tensorflow/tfjs-core';
import { type Bits, normal } from '../../data/random.ts';
import { Parameter } from '../../model/module.ts';

/** The three ways to hold a picture. */
export const WAYS = ['shapes', 'fourier', 'pixels'] as const;
export type Way = (typeof WAYS)[number];

/** Red, green and blue, 0 … 1. */
export type Rgb = readonly [number, number, number];

export interface Canvas {
  /** What is optimised, by name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The highest rate of Adam that suits them. */
  readonly learningRate: number;
  /** What of the picture is one colour, red, green and blue, 0 … 1, where it can stand on any ground. */
  colour?(): Rgb;
  /** The picture on its own ground, and the same on others: [3, side, side] each. Differentiable. */
  drawOn?(side: number, grounds: readonly Rgb[]): tf.Tensor3D[];
  /** The picture, 0 … 1: [3, side, side]. Differentiable. */
  draw(side: number): tf.Tensor3D;
  /** What is added to the loss so that the picture stays one; `picture` is as drawn, [3, S, S]. */
  penalty?(picture: tf.Tensor3D): tf.Scalar;
  /** How far along the run is, 0 … 1, for what changes on the way. */
  advance?(share: number): void;
}

/** A parameter filled with what `value` says of each index. */
export function parameterOf(
  shape: readonly number[],
  tensor: (values: Float32Array) => tf.Tensor,
  value: (index: number) => number,
): Parameter {
  const parameter = new Parameter(shape);
  const size = shape.reduce((product, length) => product * length, 1);
  const filled = tensor(Float32Array.from({ length: size }, (_, index) => value(index)));
  parameter.assign(filled);
  filled.dispose();
  return parameter;
}

/** Normal numbers with mean 0 and this deviation, one a call. */
export function noise(bits: Bits, deviation: number): () => number {
  return () => deviation * normal(bits);
}
