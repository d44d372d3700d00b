// Where in a picture a text is: a heat map over the patches, pictures and texts → [g, g] numbers for each pair.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { normalize } from '../../model/ops.ts';
import { checkFinite } from '../check-finite.ts';
import { embedTexts } from '../embed-texts.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { checkTexts } from '../prompts.ts';
import { gridOf, type PatchMethod, patchFeatures } from './patch-features.ts';

export interface HeatMap {
  text: string;
  /** Of the whole picture with the text, −1 … 1. */
  cosine: number;
  /**
   * [g][g], from the top row down, each row from the left. With `contributions`, how much of `cosine` comes from each patch;
   * with the other methods the cosine of the patch's feature with the text.
   */
  heat: number[][];
  /** The hottest patch. */
  peak: Peak;
}

/** A patch: its place in the grid, from 0, and where its middle lies in the square picture that the model sees, 0 … 1. */
export interface Peak {
  row: number;
  column: number;
  x: number;
  y: number;
}

export interface LocalizeOptions {
  /** How a patch gets its feature; `contributions` unless given. */
  method?: PatchMethod | undefined;
  /** Cut texts that are over the context length, instead of throwing. */
  truncate?: boolean | undefined;
  /** Called with the pictures done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const BATCH = 8; // pictures in one call: every block's attention is looked at

/**
 * A heat map for each picture and, within a picture, for each text; texts are taken as they are, no template around them.
 * The model sees a picture's middle square, and so does the map. Throws ClipError for no text, an empty one, one that is
 * over the context length, and the tokens of a ResNet.
 */
export async function localize(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  texts: readonly string[],
  { method = 'contributions', truncate, onProgress }: LocalizeOptions = {},
): Promise<HeatMap[][]> {
  checkTexts(texts);
  const { model } = loaded;
  const width = model.config.embed_dim;
  const { features } = await embedTexts(loaded, texts, { truncate });
  const maps: HeatMap[][] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const some = pictures.slice(start, start + BATCH);
    const [heat, cosines] = tf.tidy(() => {
      const directions = normalize(tf.tensor2d(features, [texts.length, width])) as tf.Tensor2D; // [M, E]
      const { patches, image } = patchFeatures(model, loaded.preprocess(...some), method); // [N, g², E], [N, E]
      const length = tf.norm(image, 'euclidean', -1, true); // [N, 1]
      // A contribution is a part of the picture's feature: what makes that one's length 1 scales the part as well.
      const scaled =
        method === 'contributions' ? tf.div(patches, tf.expandDims(length, 1)) : normalize(patches); // [N, g², E]
      const flat = tf.reshape(scaled, [-1, width]) as tf.Tensor2D; // [N·g², E]
      return [
        tf.matMul(flat, directions, false, true), // [N·g², M]
        tf.matMul(tf.div(image, length) as tf.Tensor2D, directions, false, true), // [N, M]
      ] as const;
    });
    const [heats, wholes] = await Promise.all([heat.data(), cosines.data()]);
    tf.dispose([heat, cosines]);
    checkFinite(heats, 'patches');
    some.forEach((_, row) => {
      maps.push(
        texts.map((text, column) => ({
          text,
          cosine: wholes[row * texts.length + column]!,
          ...mapOf(heats, gridOf(model), row, column, texts.length),
        })),
      );
    });
    onProgress?.(start + some.length, pictures.length);
  }
  return maps;
}

/** The part of `heats` [N·g², M] that is picture `row`'s and text `column`'s, as a grid. */
function mapOf(
  heats: ArrayLike<number>,
  grid: number,
  row: number,
  column: number,
  texts: number,
): { heat: number[][]; peak: Peak } {
  const at = (y: number, x: number): number => heats[((row * grid + y) * grid + x) * texts + column]!;
  const heat = Array.from({ length: grid }, (_, y) => Array.from({ length: grid }, (_, x) => at(y, x)));
  return { heat, peak: peakOf(heat) };
}

/** The hottest cell; of equals the first. */
export function peakOf(heat: readonly (readonly number[])[]): Peak {
  const grid = heat.length;
  let [row, column] = [0, 0];
  heat.forEach((cells, y) => {
    cells.forEach((value, x) => {
      if (value > heat[row]![column]!) [row, column] = [y, x];
    });
  });
  return { row, column, x: (column + 0.5) / grid, y: (row + 0.5) / grid };
}
