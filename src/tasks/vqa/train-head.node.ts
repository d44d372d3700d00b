// A set of pictures, questions and answers → a head with what its file needs.
import { modelFingerprint } from '../../checkpoint/fingerprint.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { type EncodeOptions, encodeQuestions } from './encode.node.ts';
import type { SavedFusion } from './fusion-file.ts';
import { type LearnOptions, learnFusion } from './learn.ts';
import { priorRight } from './measure.ts';
import { type FusionKind, patchesOf } from './picture-features.ts';
import type { QuestionSet } from './question-set.ts';

export interface TrainHeadOptions extends EncodeOptions, Omit<LearnOptions, 'onProgress'> {
  /** The picture's feature alone, unless given. */
  features?: FusionKind | undefined;
}

export interface TrainedHead {
  saved: SavedFusion;
  /** On the held-out questions, 0 … 1: of the head, and of the most frequent answer. */
  accuracy: number;
  prior: number;
  epoch: number;
  counts: { questions: number; heldOut: number };
  parameters: number;
}

/**
 * Trains a head on `train`; of its epochs the one that is best on `validation` is kept. Throws ClipError for a set without
 * questions or with one answer only, for questions over the context length, for too many broken pictures, and where the
 * model has no patches and they are asked for.
 */
export async function trainHead(
  loaded: LoadedModel,
  train: QuestionSet,
  validation: QuestionSet,
  { features = 'pooled', onProgress, onNote, ...options }: TrainHeadOptions = {},
): Promise<TrainedHead> {
  const patches = features === 'patches' ? patchesOf(loaded.model) : undefined;
  const encoded = await encodeQuestions(loaded, train, features, { onProgress, onNote });
  const held = await encodeQuestions(loaded, validation, features, { onProgress, onNote });
  const { fusion, answers, accuracy, epoch } = await learnFusion(encoded, held, patches, {
    ...options,
    onProgress: (done, total) => onProgress?.('learning', done, total),
  });
  const prior = priorRight(encoded.items, held.items);
  return {
    saved: { fusion, answers, model: loaded.name, base: await modelFingerprint(loaded.model) },
    accuracy,
    prior: prior.filter(Boolean).length / prior.length,
    epoch,
    counts: { questions: encoded.items.length, heldOut: held.items.length },
    parameters: [...fusion.namedParameters()].reduce((sum, [, { size }]) => sum + size, 0),
  };
}
