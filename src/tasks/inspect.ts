// Every value a picture or a text becomes on its way through the model, in numbers one can look at.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../data/pictures/picture.ts';
import { withTap } from '../model/module.ts';
import type { LoadedModel } from './loaded-model.ts';

export interface ValueSummary {
  /** The state-dict path of the module, or of the value inside it. */
  name: string;
  /** As PyTorch has it. */
  shape: number[];
  mean: number;
  std: number;
  min: number;
  max: number;
}

/** Sends a picture, a text or both through their towers; one row for each value, in the order of computation. */
export async function inspectValues(
  { model, preprocess, tokenize }: LoadedModel,
  { picture, text }: { picture?: Picture; text?: string },
): Promise<ValueSummary[]> {
  const seen: [name: string, value: tf.Tensor][] = [];
  const tap = (name: string, value: tf.Tensor) => seen.push([name, tf.keep(value.clone())]);
  tf.tidy(() => {
    withTap(tap, () => {
      if (picture) model.encodeImage(preprocess(picture));
      if (text !== undefined) model.encodeText(tokenize(text));
    });
  });
  const rows: ValueSummary[] = [];
  for (const [name, value] of seen) {
    rows.push({ name, shape: value.shape, ...summarize(await value.data()) });
    value.dispose();
  }
  return rows;
}

function summarize(numbers: Iterable<number> & { length: number }): Omit<ValueSummary, 'name' | 'shape'> {
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (const number of numbers) {
    sum += number;
    if (number < min) min = number;
    if (number > max) max = number;
  }
  const mean = sum / numbers.length;
  let squares = 0;
  for (const number of numbers) squares += (number - mean) ** 2;
  return { mean, std: Math.sqrt(squares / numbers.length), min, max };
}
