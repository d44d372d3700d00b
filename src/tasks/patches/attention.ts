// What attends to what: the attention of every block and head for one picture or one text, by taps on `…attn.probs`.
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { ClipError } from '../../errors.ts';
import { withTap } from '../../model/module.ts';
import { checkFinite } from '../check-finite.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { checkTexts } from '../prompts.ts';
import { type AttentionLayer, headMatrix, meanOfHeads, rollout } from './rollout.ts';

/**
 * A picture's attention. ViT: every block's, the first one first, [H, L, L] with L = 1 + g²: the class token, then the
 * patches from the top left, row after row. ResNet: that of its attention pool alone, [H, 1, L]: the mean of the positions
 * asks, and is the first that answers. Layers and heads are counted from 0, as in the names of a state dict.
 */
export async function pictureAttention(loaded: LoadedModel, picture: Picture): Promise<AttentionLayer[]> {
  const { model, preprocess } = loaded;
  return attentionOf(/^visual\.(transformer\.resblocks\.\d+\.attn|attnpool)\.probs$/, () =>
    model.encodeImage(preprocess(picture)),
  );
}

/** A text's attention with what its tokens are: L of them, from the start of text to its end. */
export interface TextAttention {
  tokens: string[];
  /** Every block's, [H, L, L]; no token attends to one behind it. */
  layers: AttentionLayer[];
}

/** Throws ClipError for an empty text, or one that is over the context length, unless `truncate` says to cut it. */
export async function textAttention(
  { model, tokenizer }: LoadedModel,
  text: string,
  truncate: boolean = false,
): Promise<TextAttention> {
  checkTexts([text]);
  const [row] = tokenizer.tokenize(text, model.config.context_length, truncate); // [77]
  const ids = row!.subarray(0, row!.indexOf(tokenizer.endOfText) + 1); // [L]
  const layers = await attentionOf(/^transformer\.resblocks\.\d+\.attn\.probs$/, () =>
    model.encodeText(tf.tensor2d(ids, [1, ids.length], 'int32')),
  );
  const tokens = Array.from(ids, (id) => {
    if (id === tokenizer.startOfText) return 'start';
    return id === tokenizer.endOfText ? 'end' : tokenizer.decode([id]).trim();
  });
  return { tokens, layers };
}

async function attentionOf(wanted: RegExp, run: () => tf.Tensor): Promise<AttentionLayer[]> {
  const seen: tf.Tensor[] = [];
  const tap = (name: string, value: tf.Tensor): void => {
    if (wanted.test(name)) seen.push(tf.keep(value.clone())); // or the module's tidy would free it
  };
  tf.tidy(() => {
    withTap(tap, run);
  });
  const layers: AttentionLayer[] = [];
  for (const tensor of seen) {
    const [, heads, queries, keys] = tensor.shape as [number, number, number, number];
    const probs = (await tensor.data()) as Float32Array; // [1, H, T, L]
    tensor.dispose();
    checkFinite(probs, 'attention');
    layers.push({ heads, queries, keys, probs });
  }
  return layers;
}

/** Which attention is to be shown; all of a layer's heads where none is said, roll-out where no layer is. */
export interface AttentionChoice {
  layer?: number | undefined;
  head?: number | undefined;
}

/** One matrix of attention, [T][L], rows that come to 1; without a layer it is the roll-out's, without a head the mean's. */
export interface AttentionView {
  layer?: number;
  head?: number;
  matrix: number[][];
}

/**
 * The matrices that were chosen. Nothing chosen: the roll-out over all layers; the mean of the heads, where the one layer is
 * a ResNet's pool, over which nothing can be rolled out. Throws ClipError for a layer or a head that is not there.
 */
export function chooseAttention(
  layers: readonly AttentionLayer[],
  { layer, head }: AttentionChoice,
): AttentionView[] {
  const isPool = layers[0]!.queries === 1;
  if (layer === undefined && head === undefined) {
    return isPool ? [{ layer: 0, matrix: meanOfHeads(layers[0]!) }] : [{ matrix: rollout(layers) }];
  }
  if (layer === undefined && layers.length > 1) {
    throw new ClipError('a head without a layer', {
      expected: `a layer, 0…${layers.length - 1}`,
      got: `head ${head} alone`,
    });
  }
  const number = layer ?? 0;
  const chosen = layers[number];
  if (!chosen)
    throw outside(
      'layer',
      layers.length,
      number,
      isPool ? 'a ResNet has one attention, its pool' : undefined,
    );
  if (head !== undefined && !(head in headsOf(chosen))) throw outside('head', chosen.heads, head);
  const heads = head === undefined ? headsOf(chosen) : [head];
  return heads.map((each) => ({ layer: number, head: each, matrix: headMatrix(chosen, each) }));
}

function headsOf({ heads }: AttentionLayer): number[] {
  return Array.from({ length: heads }, (_, head) => head);
}

function outside(what: string, count: number, got: number, hint?: string): ClipError {
  const expected = count === 1 ? '0, the only one' : `0…${count - 1}`;
  return new ClipError(`no such ${what}`, { expected, got, hint });
}

/** What the picture as a whole took of each patch, and of itself; all of it comes to 1. */
export interface AttentionMap {
  /** What the class token (a ResNet: the mean) took of itself. */
  self: number;
  /** [g][g], from the top row down. */
  heat: number[][];
}

/** The first row of an attention matrix [T][1 + g²] as a map. */
export function attentionMap([first]: readonly (readonly number[])[]): AttentionMap {
  const [self, ...patches] = first!;
  const grid = Math.sqrt(patches.length);
  return {
    self: self!,
    heat: Array.from({ length: grid }, (_, row) => patches.slice(row * grid, (row + 1) * grid)),
  };
}
