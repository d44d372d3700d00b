// Zero-shot classification (CLIP paper, section 3.1): the labels' texts become the weights of a classifier, and a
// picture's label is the text whose feature is nearest.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../data/pictures/picture.ts';
import { normalize } from '../model/ops.ts';
import { checkFinite } from './check-finite.ts';
import { embedTexts } from './embed-texts.ts';
import type { LoadedModel } from './loaded-model.ts';
import { checkLabels, checkTemplates, DEFAULT_TEMPLATE } from './prompts.ts';
import { similarity } from './similarity.ts';

const BATCH = 32; // pictures in one call of the model
/** What OpenAI's examples multiply cosines with, whatever the model's logit_scale is. */
export const SCALE = 100;

/** A classifier made of texts. */
export interface ZeroShotHead {
  readonly labels: readonly string[];
  /** One row a label, of length 1: [C, E]. Whoever made the head disposes of it. */
  readonly features: tf.Tensor2D;
}

export interface Prediction {
  label: string;
  /** softmax(100 · cosine) over the labels, 0 … 1. */
  probability: number;
  /** −1 … 1 */
  cosine: number;
}

export interface HeadOptions {
  /** Each holds one `{}`, where the label goes. Several are ensembled: normalise, mean, normalise again. */
  templates?: readonly string[];
  /** Cut texts that are over the context length, instead of throwing. */
  truncate?: boolean | undefined;
  /** Called with the labels done so far. */
  onProgress?: ((done: number) => void) | undefined;
}

/** Turns labels into a classifier. Throws ClipError for no label, an empty one, two equal ones, a template without {}. */
export async function zeroShotHead(
  loaded: LoadedModel,
  labels: readonly string[],
  { templates = [DEFAULT_TEMPLATE], truncate = false, onProgress }: HeadOptions = {},
): Promise<ZeroShotHead> {
  checkLabels(labels);
  checkTemplates(templates);
  const texts = labels.map((label) => templates.map((template) => template.replace('{}', () => label)));
  return headOfTexts(loaded, labels, texts, { truncate, onProgress });
}

/** A classifier of what is said of each label: as many texts of each, ensembled as templates are. */
export async function headOfTexts(
  loaded: LoadedModel,
  labels: readonly string[],
  texts: readonly (readonly string[])[],
  { truncate, onProgress }: Omit<HeadOptions, 'templates'> = {},
): Promise<ZeroShotHead> {
  const each = texts[0]!.length;
  const { features: rows } = await embedTexts(loaded, texts.flat(), {
    truncate,
    onProgress: (done) => onProgress?.(Math.floor(done / each)),
  });
  const features = tf.tidy(() => {
    const byLabel = tf.tensor3d(rows, [labels.length, each, rows.length / (labels.length * each)]); // [C, templates, E]
    return normalize(tf.mean(normalize(byLabel), 1)) as tf.Tensor2D; // [C, E]
  });
  return { labels, features };
}

/** The `top` best labels of each picture, best first. Pictures go through the model 32 at a time. */
export async function classify(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  { labels, features }: ZeroShotHead,
  top: number = 5,
): Promise<Prediction[][]> {
  const cosines = (images: tf.Tensor4D) => similarity(loaded.model.encodeImage(images), features); // [N, C]
  const predictions = await predict(loaded, pictures, labels, cosines, SCALE, top);
  return predictions.map((row) =>
    row.map(({ label, probability, score }) => ({ label, probability, cosine: score })),
  );
}

/**
 * What every classifier does with pictures [N, 3, R, R]: `scoresOf` them [N, C], softmax of `scale` times those, the `top`
 * best of each, 32 pictures at a time.
 */
export async function predict(
  { preprocess }: LoadedModel,
  pictures: readonly Picture[],
  labels: readonly string[],
  scoresOf: (images: tf.Tensor4D) => tf.Tensor2D,
  scale: number,
  top: number,
): Promise<{ label: string; probability: number; score: number }[][]> {
  const predictions: { label: string; probability: number; score: number }[][] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const some = pictures.slice(start, start + BATCH);
    const [scores, probabilities] = tf.tidy(() => {
      const scores = scoresOf(preprocess(...some)); // [N, C]
      return [scores, tf.softmax(tf.mul(scores, scale))] as const; // both [N, C]
    });
    const [scoreRows, probabilityRows] = await Promise.all([scores.data(), probabilities.data()]);
    tf.dispose([scores, probabilities]);
    checkFinite(scoreRows, 'pictures');
    for (let row = 0; row < some.length; row++) {
      const at = row * labels.length;
      const best = rank(scoreRows.subarray(at, at + labels.length)).slice(0, top);
      predictions.push(
        best.map((i) => ({
          label: labels[i]!,
          probability: probabilityRows[at + i]!,
          score: scoreRows[at + i]!,
        })),
      );
    }
  }
  return predictions;
}

/** Indices by value, largest first; equal values keep their order. */
function rank(values: ArrayLike<number>): number[] {
  return Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]!);
}
