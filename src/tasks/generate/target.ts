// What a picture is to be like: a text's feature, of several prompts around it together.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../../errors.ts';
import { normalize } from '../../model/ops.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { checkTemplates } from '../prompts.ts';

/** The text by itself and as captions say it; it brings its own article. */
export const PROMPTS: readonly string[] = ['{}', 'a photo of {}', 'a picture of {}', 'a drawing of {}'];

/**
 * The direction of a text: the mean of its prompts' features, each of length 1, scaled to length 1: [1, E]. Prompts that
 * the context has no room for are left out. Throws ClipError for an empty text, and for one that is itself too long.
 */
export async function textDirection(
  loaded: LoadedModel,
  text: string,
  prompts: readonly string[] = PROMPTS,
): Promise<tf.Tensor2D> {
  if (text.trim() === '')
    throw new ClipError('no text', { expected: 'what the picture shows', got: `"${text}"` });
  checkTemplates(prompts);
  const { tokenizer, model } = loaded;
  const { context_length, embed_dim } = model.config;
  tokenizer.tokenize([text], context_length); // throws where the text alone is too long
  const filled = prompts.map((prompt) => prompt.replace('{}', () => text.trim()));
  const fitting = filled.filter((prompt) => tokenizer.encode(prompt).length + 2 <= context_length);
  const texts = fitting.length > 0 ? fitting : [text];
  const { features } = await embedTexts(loaded, texts);
  return tf.tidy(() => {
    const rows = tf.tensor2d(features, [texts.length, embed_dim]); // [prompts, E]
    return normalize(tf.mean(normalize(rows), 0, true)) as tf.Tensor2D; // [1, E]
  });
}
