// Several ways to answer the questions of a set, measured on the same ones: zero-shot, heads, and blind.

import { releaseModel } from '../../checkpoint/state-dict.ts';
import { ANSWERS } from '../../data/shapes/questions.ts';
import { ClipError } from '../../errors.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { type EncodeOptions, encodeQuestions } from './encode.node.ts';
import { blinded, type EncodedQuestions, scaleRows } from './encoded.ts';
import { openFusion } from './fusion-file.node.ts';
import type { SavedFusion } from './fusion-file.ts';
import { learnFusion, rightOnes } from './learn.ts';
import { type ByKind, byKind, priorRight, zeroShotRight } from './measure.ts';
import { usualAnswers } from './question.ts';
import type { QuestionItem, QuestionSet } from './question-set.ts';

export interface EvaluateOptions extends EncodeOptions {
  /** Paths of heads, or `mini`. */
  heads?: readonly string[];
  /** What those who are blind learn from; there is no such row without. */
  train?: QuestionSet | undefined;
}

export interface MeasuredRow {
  /** `zero-shot`, a head's path, or which of the two blind ones was better. */
  name: string;
  kinds: ByKind;
}

/** Epochs of the head that learns without pictures: by then it has settled. */
const BLIND_EPOCHS = 4;

/** Measures each way on the same questions. Throws ClipError as `encodeQuestions` and `openFusion` do. */
export async function evaluateQuestions(
  loaded: LoadedModel,
  test: QuestionSet,
  { heads = [], train, onProgress, onNote }: EvaluateOptions = {},
): Promise<MeasuredRow[]> {
  const opened: { path: string; saved: SavedFusion }[] = [];
  try {
    for (const path of heads) opened.push({ path, saved: await openFusion(path, loaded) });
    const features = opened.some(({ saved }) => saved.fusion.shape.patches) ? 'patches' : 'pooled';
    const encoded = await encodeQuestions(loaded, test, features, { onProgress, onNote });
    const { items } = encoded;
    const all = [...new Set(items.map(({ answer }) => answer))].sort();
    const statements = await zeroShotRight(
      loaded,
      encoded,
      ({ kind, question }) => (kind ? ANSWERS[kind] : (usualAnswers(question) ?? all)),
      (done, total) => onProgress?.('asking', done, total),
    );
    const rows: MeasuredRow[] = [{ name: 'zero-shot', kinds: byKind(items, statements) }];
    for (const { path, saved } of opened) {
      const seen = saved.fusion.shape.patches ? encoded : pooledOnly(encoded);
      rows.push({ name: path, kinds: byKind(items, await rightOnes(saved.fusion, saved.answers, seen)) });
    }
    const hear = (done: number, total: number): void => onProgress?.('learning blind', done, total);
    if (train) rows.push(await blindRow(loaded, train, encoded, hear));
    return rows;
  } finally {
    for (const { saved } of opened) releaseModel(saved.fusion);
  }
}

/** The better, by the pictures left out of its own training, of the most frequent answer and a head without pictures. */
async function blindRow(
  loaded: LoadedModel,
  train: QuestionSet,
  encoded: EncodedQuestions,
  onProgress: (done: number, total: number) => void,
): Promise<MeasuredRow> {
  const isHeld = ({ picture }: QuestionItem): boolean => picture % 10 === 1;
  const [learned, held] = [train.items.filter((item) => !isHeld(item)), train.items.filter(isHeld)];
  if (learned.length === 0 || held.length === 0) {
    throw new ClipError(`${train.pictures.name}: pictures`, {
      expected: 'at least 2',
      got: train.pictures.count,
    });
  }
  const [forLearning, forChoice] = [
    await withoutPictures(loaded, learned),
    await withoutPictures(loaded, held),
  ];
  const head = await learnFusion(forLearning, forChoice, undefined, { epochs: BLIND_EPOCHS, onProgress });
  const priors = priorRight(learned, held);
  const prior = priors.filter(Boolean).length / priors.length;
  const row =
    prior >= head.accuracy
      ? {
          name: 'blind (most frequent answer)',
          kinds: byKind(encoded.items, priorRight(train.items, encoded.items)),
        }
      : {
          name: 'blind (head without pictures)',
          kinds: byKind(encoded.items, await rightOnes(head.fusion, head.answers, blinded(encoded))),
        };
  releaseModel(head.fusion);
  return row;
}

async function withoutPictures(
  loaded: LoadedModel,
  items: readonly QuestionItem[],
): Promise<EncodedQuestions> {
  const texts = [...new Set(items.map(({ question }) => question))];
  const { features } = await embedTexts(loaded, texts);
  const width = loaded.model.config.embed_dim;
  scaleRows(features, width, width);
  const rowOf = new Map(texts.map((text, row) => [text, row]));
  return blinded({
    items,
    questions: features,
    questionWidth: width,
    questionRows: Int32Array.from(items, ({ question }) => rowOf.get(question)!),
    pictures: new Float32Array(),
    width,
    pictureRows: new Int32Array(),
  });
}

/** Without the patches. */
function pooledOnly(encoded: EncodedQuestions): EncodedQuestions {
  const { pictures, width, questionWidth } = encoded;
  if (width === questionWidth) return encoded;
  const count = pictures.length / width;
  const own = new Float32Array(count * questionWidth);
  for (let row = 0; row < count; row++) {
    own.set(pictures.subarray(row * width, row * width + questionWidth), row * questionWidth);
  }
  return { ...encoded, pictures: own, width: questionWidth };
}
