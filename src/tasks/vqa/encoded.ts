// Questions about pictures as numbers: a row for each picture, one for each different question, and which two belong
// together.
import * as tf from '@tensorflow/tfjs-core';
import type { QuestionItem } from './question-set.ts';

export interface EncodedQuestions {
  /** n of them. */
  readonly items: readonly QuestionItem[];
  /** A row of `width` numbers each: the feature, of length √E, and the patches where there are any. */
  readonly pictures: Float32Array;
  readonly width: number;
  /** A row of E numbers each, of length √E. */
  readonly questions: Float32Array;
  readonly questionWidth: number;
  /** By item: the row of its picture, of its question. */
  readonly pictureRows: Int32Array;
  readonly questionRows: Int32Array;
}

/** Scales the first `first` numbers of each row to length √first, where they stand. */
export function scaleRows(rows: Float32Array, width: number, first: number): void {
  for (let start = 0; start < rows.length; start += width) {
    let squares = 0;
    for (let i = start; i < start + first; i++) squares += rows[i]! ** 2;
    const scale = squares === 0 ? 1 : Math.sqrt(first / squares);
    for (let i = start; i < start + first; i++) rows[i]! *= scale;
  }
}

/** The pictures [n, width] and the questions [n, E] of some items; the caller disposes of both. */
export function rowsOf(encoded: EncodedQuestions, items: ArrayLike<number>): [tf.Tensor2D, tf.Tensor2D] {
  const { pictures, width, questions, questionWidth, pictureRows, questionRows } = encoded;
  return [
    gathered(pictures, width, pictureRows, items), // [n, width]
    gathered(questions, questionWidth, questionRows, items), // [n, E]
  ];
}

function gathered(
  rows: Float32Array,
  width: number,
  rowOf: Int32Array,
  items: ArrayLike<number>,
): tf.Tensor2D {
  const values = new Float32Array(items.length * width);
  for (let i = 0; i < items.length; i++) {
    const row = rowOf[items[i]!]!;
    values.set(rows.subarray(row * width, (row + 1) * width), i * width);
  }
  return tf.tensor2d(values, [items.length, width]);
}

/** The same without pictures: all zeros in their place. What a head then learns, it learns of the questions alone. */
export function blinded(encoded: EncodedQuestions): EncodedQuestions {
  return {
    ...encoded,
    pictures: new Float32Array(encoded.questionWidth),
    width: encoded.questionWidth,
    pictureRows: new Int32Array(encoded.items.length),
  };
}
