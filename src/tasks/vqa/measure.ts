// Accuracy on questions, by kind: of statements (zero-shot), of a trained head, and of those who never see the picture.
import * as tf from '@tensorflow/tfjs-core';
import type { LoadedModel } from '../loaded-model.ts';
import { wilson } from '../wilson.ts';
import { statementHead } from './answer.ts';
import { type EncodedQuestions, rowsOf } from './encoded.ts';
import { readQuestion } from './question.ts';
import type { QuestionItem } from './question-set.ts';

export interface Share {
  right: number;
  count: number;
  /** 0 … 1 */
  accuracy: number;
  /** Wilson's 95 % interval. */
  interval: [low: number, high: number];
}

export type ByKind = Map<string, Share>;

export const ALL = 'all';
/** Yes/no questions that name the colour of one thing and the form of another: only who binds the two can say no. */
export const CROSSED = 'yes/no, both there but apart';

/** Counts the right ones under `all`, and under each kind. */
export function byKind(items: readonly QuestionItem[], right: readonly boolean[]): ByKind {
  const counts = new Map<string, [right: number, count: number]>();
  items.forEach(({ kind, bound, answer }, i) => {
    const names = [ALL, ...(kind ? [kind] : []), ...(bound && answer === 'no' ? [CROSSED] : [])];
    for (const name of names) {
      const [before, count] = counts.get(name) ?? [0, 0];
      counts.set(name, [before + Number(right[i]), count + 1]);
    }
  });
  const share = ([name, [right, count]]: [string, [number, number]]): [string, Share] => [
    name,
    { right, count, accuracy: right / count, interval: wilson(right, count) },
  ];
  return new Map([...counts].map(share));
}

/**
 * Whether statements pick each item's answer out of its `candidates`. Of the pictures' rows the first E numbers are used.
 */
export async function zeroShotRight(
  loaded: LoadedModel,
  encoded: EncodedQuestions,
  candidates: (item: QuestionItem) => readonly string[],
  onProgress?: (done: number, total: number) => void,
): Promise<boolean[]> {
  const { items, questionRows, questionWidth } = encoded;
  const byQuestion = new Map<number, number[]>();
  questionRows.forEach((row, item) => {
    const same = byQuestion.get(row);
    if (same) same.push(item);
    else byQuestion.set(row, [item]);
  });
  const right: boolean[] = new Array(items.length).fill(false);
  let done = 0;
  for (const indices of byQuestion.values()) {
    const first = items[indices[0]!]!;
    const { labels: answers, features } = await statementHead(
      loaded,
      readQuestion(first.question, candidates(first)),
    );
    const best = tf.tidy(() => {
      const [pictures] = rowsOf(encoded, indices); // [n, E (+ P·D)]
      const own = tf.slice(pictures, [0, 0], [-1, questionWidth]); // [n, E]
      return tf.argMax(tf.matMul(own, features, false, true), 1); // [n]
    });
    const numbers = await best.data();
    tf.dispose([best, features]);
    indices.forEach((index, row) => {
      right[index] = answers[numbers[row]!] === items[index]!.answer;
    });
    done += indices.length;
    onProgress?.(done, items.length);
  }
  return right;
}

/**
 * Whether the most frequent answer is right: in training, to the same question; to those that begin with the same two
 * words, where it was never asked; to all, where none begins so.
 */
export function priorRight(train: readonly QuestionItem[], test: readonly QuestionItem[]): boolean[] {
  const formsOf = (question: string): string[] => [question, question.split(' ').slice(0, 2).join(' '), ''];
  const counts = new Map<string, Map<string, number>>();
  for (const { question, answer } of train) {
    for (const form of formsOf(question)) {
      const answers = counts.get(form) ?? new Map<string, number>();
      counts.set(form, answers.set(answer, (answers.get(answer) ?? 0) + 1));
    }
  }
  const most = new Map(
    [...counts].map(([form, answers]) => [form, [...answers].sort((a, b) => b[1] - a[1])[0]![0]]),
  );
  return test.map(({ question, answer }) => {
    const form = formsOf(question).find((one) => most.has(one));
    return form !== undefined && most.get(form) === answer;
  });
}
