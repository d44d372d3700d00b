// A set of pictures and questions → what a head is trained and measured on: every picture and every question encoded once.
import { ClipError } from '../../errors.ts';
import { embedPictures } from '../embed-pictures.node.ts';
import { embedTexts } from '../embed-texts.ts';
import { freeMemory } from '../free-memory.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { EncodedQuestions } from './encoded.ts';
import { scaleRows } from './encoded.ts';
import { type FusionKind, patchesOf, pictureRows } from './picture-features.ts';
import type { QuestionSet } from './question-set.ts';

export interface EncodeOptions {
  /** Called with what is being encoded, how much of it is done, and all. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Encodes a set. Pictures that cannot be read are told, and their questions left out. Throws ClipError where too many
 * cannot, and for a question over the context length, by its number.
 */
export async function encodeQuestions(
  loaded: LoadedModel,
  { pictures, items }: QuestionSet,
  kind: FusionKind,
  { onProgress, onNote }: EncodeOptions = {},
): Promise<EncodedQuestions> {
  const { model, tokenizer } = loaded;
  const texts = [...new Set(items.map(({ question }) => question))];
  tokenizer.tokenize(texts, model.config.context_length); // a question that does not fit is told before the work begins
  const questionWidth = model.config.embed_dim;
  const { count, width: patchWidth } = kind === 'patches' ? patchesOf(model) : { count: 0, width: 0 };
  const width = questionWidth + count * patchWidth;
  const { features, kept } = await embedPictures(loaded, pictures, {
    encoder: { width, encode: (images) => pictureRows(model, images, kind) },
    onProgress: (done, total) => onProgress?.('encoding pictures', done, total),
    onNote,
  });
  const { features: questions } = await embedTexts(loaded, texts, { memory: freeMemory(loaded.backend) });
  scaleRows(features, width, questionWidth);
  scaleRows(questions, questionWidth, questionWidth);

  const rowOf = new Map(Array.from(kept, (picture, row) => [picture, row]));
  const textOf = new Map(texts.map((text, row) => [text, row]));
  const asked = items.filter(({ picture }) => rowOf.has(picture));
  if (asked.length === 0) throw new ClipError(`${pictures.name} has no questions`);
  return {
    items: asked,
    pictures: features,
    width,
    questions,
    questionWidth,
    pictureRows: Int32Array.from(asked, ({ picture }) => rowOf.get(picture)!),
    questionRows: Int32Array.from(asked, ({ question }) => textOf.get(question)!),
  };
}
