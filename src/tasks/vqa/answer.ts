// Visual question answering with nothing trained: each candidate's statements become a row of a classifier (prompts
// ensembled, as in zero-shot classification), and the answer is the one whose statements are nearest to the picture.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { classify, headOfTexts, type ZeroShotHead } from '../zero-shot.ts';
import { type AskedQuestion, readQuestion } from './question.ts';

export interface Answer {
  answer: string;
  /** 0 … 1, over all answers that could be given. */
  probability: number;
}

export interface AnswerOptions {
  /** What the answer may be, different texts; unless given, what the question's kind allows. */
  answers?: readonly string[] | undefined;
  /** How many answers to give; 5, unless given. */
  top?: number | undefined;
}

/**
 * The best answers to a question about a picture, best first: softmax(100 · cosine) over the candidates. Throws ClipError
 * for an empty question, for answers that are empty or equal, for a question that needs `answers` and has none, and where
 * no form of a statement fits into the model's context.
 */
export async function answerQuestion(
  loaded: LoadedModel,
  picture: Picture,
  question: string,
  { answers, top = 5 }: AnswerOptions = {},
): Promise<Answer[]> {
  const head = await statementHead(loaded, readQuestion(question, answers));
  try {
    const [best] = await classify(loaded, [picture], head, top);
    return best!.map(({ label, probability }) => ({ answer: label, probability }));
  } finally {
    tf.dispose(head.features);
  }
}

/** The classifier that a question's statements make; whoever asked for it disposes of its features. */
export function statementHead(loaded: LoadedModel, asked: AskedQuestion): Promise<ZeroShotHead> {
  return headOfTexts(loaded, asked.answers, thatFit(loaded, asked));
}

/** A form of statement is left out where one answer's would be over the context length. */
function thatFit({ model, tokenizer }: LoadedModel, { statements }: AskedQuestion): string[][] {
  const most = model.config.context_length - 2; // the start and the end of text
  const fits = (form: number): boolean =>
    statements.every((ofAnswer) => tokenizer.encode(ofAnswer[form]!).length <= most);
  const forms = statements[0]!.map((_, form) => form);
  const kept = forms.filter(fits);
  const used = kept.length > 0 ? kept : forms.slice(0, 1); // which the tokenizer then refuses, and says why
  return statements.map((ofAnswer) => used.map((form) => ofAnswer[form]!));
}
