// A question answered by a trained head: the picture's feature and the question's, fused.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { ClipError } from '../../errors.ts';
import { checkFinite } from '../check-finite.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { checkLabels } from '../prompts.ts';
import type { Answer, AnswerOptions } from './answer.ts';
import { scaleRows } from './encoded.ts';
import type { SavedFusion } from './fusion-file.ts';
import { pictureRows } from './picture-features.ts';
import { checkQuestion } from './question.ts';

/**
 * The best answers to a question about a picture, best first; probabilities are a softmax over all answers the head knows,
 * or over those of `answers`. Throws ClipError for an empty question, one over the context length, and for `answers` that
 * the head does not know.
 */
export async function answerWithHead(
  { model, preprocess, tokenize }: LoadedModel,
  picture: Picture,
  question: string,
  { fusion, answers: known }: Pick<SavedFusion, 'fusion' | 'answers'>,
  { answers = known, top = 5 }: AnswerOptions = {},
): Promise<Answer[]> {
  checkQuestion(question);
  checkLabels(answers, 'answer');
  const stranger = answers.find((answer) => !known.includes(answer));
  if (stranger !== undefined) {
    throw new ClipError(`the head does not know the answer ${stranger}`, {
      expected: known.length > 12 ? `some of ${known.slice(0, 12).join(', ')} …` : known.join(', '),
      hint: 'without --head any answer can be asked for',
    });
  }
  const { width, patches } = fusion.shape;
  const [image, asked] = tf.tidy(() => [
    pictureRows(model, preprocess(picture), patches ? 'patches' : 'pooled'), // [1, E (+ P·D)]
    model.encodeText(tokenize(question)), // [1, E]
  ]);
  const rows = (await Promise.all([image!.data(), asked!.data()])) as Float32Array[];
  tf.dispose([image!, asked!]);
  for (const row of rows) {
    checkFinite(row, 'picture and the question');
    scaleRows(row, row.length, width);
  }
  const probabilities = tf.tidy(() => {
    const logits = fusion.call(
      tf.tensor2d(rows[0]!, [1, rows[0]!.length]),
      tf.tensor2d(rows[1]!, [1, width]),
    ); // [1, A]
    const places = answers.map((answer) => known.indexOf(answer));
    return tf.softmax(tf.gather(logits, tf.tensor1d(places, 'int32'), 1)); // [1, answers]
  });
  const values = await probabilities.data();
  probabilities.dispose();
  return answers
    .map((answer, i) => ({ answer, probability: values[i]! }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
