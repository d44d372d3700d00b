// Features → captions, several pictures at once: at every step each picture keeps its `beam` most probable beginnings, and
// the best of the ends is its caption. A beam of one is greedy. Keys are not cached: captions are short.
import * as tf from '@tensorflow/tfjs-core';
import type { CaptionDecoder } from './decoder.ts';

export interface Caption {
  /** Rows of the decoder's table, start and end of text left out. */
  rows: number[];
  /** The natural logarithm of its probability. */
  logProbability: number;
}

export interface BeamOptions {
  /** Beginnings kept for each picture, from 1. */
  beam: number;
  /** Captions are compared by log-probability over their number of tokens to this power: 0 prefers short ones, 1 long ones. */
  lengthPower: number;
}

interface Beginning {
  rows: number[];
  logProbability: number;
}

/** The caption of each row of `features` [N, E], of length 1. What never ends is cut at the decoder's context length. */
export async function beamSearch(
  decoder: CaptionDecoder,
  features: tf.Tensor2D,
  { beam, lengthPower }: BeamOptions,
): Promise<Caption[]> {
  const { vocab_size: vocabulary, context_length: context } = decoder.config;
  const [start, end] = [vocabulary - 2, vocabulary - 1];
  const score = ({ rows, logProbability }: Beginning): number => logProbability / rows.length ** lengthPower;
  const open: Beginning[][] = Array.from({ length: features.shape[0] }, () => [
    { rows: [start], logProbability: 0 },
  ]);
  const ended: Beginning[][] = open.map(() => []);
  for (let length = 1; length < context && open.some((some) => some.length > 0); length++) {
    const next = await nextLogProbabilities(decoder, features, open, length);
    for (const [picture, beginnings] of open.entries()) {
      const grown = beginnings.flatMap(({ rows, logProbability }) => {
        const row = next.shift()!;
        return mostProbable(row, beam, start).map((word) => ({
          rows: [...rows, word],
          logProbability: logProbability + row[word]!,
        }));
      });
      const best = grown.sort((a, b) => b.logProbability - a.logProbability).slice(0, beam);
      ended[picture]!.push(...best.filter(({ rows }) => rows.at(-1) === end));
      // The more have ended, the fewer go on.
      const wanted = beam - ended[picture]!.length;
      open[picture] = best.filter(({ rows }) => rows.at(-1) !== end).slice(0, Math.max(0, wanted));
    }
  }
  return open.map((cut, picture) => {
    const found = ended[picture]!.length > 0 ? ended[picture]! : cut;
    const { rows, logProbability } = found.reduce((a, b) => (score(b) > score(a) ? b : a));
    return { rows: rows.filter((row) => row !== start && row !== end), logProbability };
  });
}

/** The log-probabilities of the next word for every beginning of every picture in turn, each [V]. */
async function nextLogProbabilities(
  decoder: CaptionDecoder,
  features: tf.Tensor2D,
  open: readonly Beginning[][],
  length: number,
): Promise<Float32Array[]> {
  const pictures = open.flatMap((beginnings, picture) => beginnings.map(() => picture));
  const words = open.flatMap((beginnings) => beginnings.flatMap(({ rows }) => rows));
  const { vocab_size: vocabulary } = decoder.config;
  const answer = tf.tidy(() => {
    const own = tf.gather(features, tf.tensor1d(pictures, 'int32')); // [B, E]
    const given = tf.tensor2d(words, [pictures.length, length], 'int32'); // [B, T]
    const logits = decoder.call(own, given); // [B, T, V]
    const last = tf.slice(logits, [0, length - 1, 0], [-1, 1, -1]); // [B, 1, V]
    return tf.logSoftmax(tf.reshape(last, [-1, vocabulary])); // [B, V]
  });
  const values = (await answer.data()) as Float32Array;
  answer.dispose();
  return pictures.map((_, i) => values.subarray(i * vocabulary, (i + 1) * vocabulary));
}

/** Places of the `count` largest values, without `never`; of equal ones the first. */
function mostProbable(values: Float32Array, count: number, never: number): number[] {
  const places = Array.from(values, (_, i) => i).filter((i) => i !== never);
  return places.sort((a, b) => values[b]! - values[a]!).slice(0, count);
}
