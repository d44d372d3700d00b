// A model with what it needs around it: its tokenizer and its preprocessing, giving tensors it takes.
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName } from '../backend/engine.ts';
import { releaseModel } from '../checkpoint/state-dict.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { preprocess } from '../data/pictures/preprocess.ts';
import type { CLIP } from '../model/clip.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** Its functions are bound: `const { model, preprocess, tokenize } = await load(…)` may take them out. */
export class LoadedModel {
  /** What it was loaded by: a name that `clip-tfjs models` lists, or a path. */
  readonly name: string;
  readonly backend: EngineName;
  readonly model: CLIP;
  readonly tokenizer: Tokenizer;

  constructor(name: string, backend: EngineName, model: CLIP, tokenizer: Tokenizer) {
    this.name = name;
    this.backend = backend;
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /** Pictures as the model wants them: float32 [N, 3, R, R]. */
  readonly preprocess = (...pictures: Picture[]): tf.Tensor4D => {
    const { config } = this.model;
    const size = config.image_resolution;
    const rows = pictures.map((picture) => preprocess(picture, size, config)); // each [3, R, R]
    return tf.tensor4d(joinRows(new Float32Array(rows.length * 3 * size * size), rows), [
      rows.length,
      3,
      size,
      size,
    ]);
  };

  /** Texts as the model wants them: int32 [M, L]. One over the context length throws, or is cut with `truncate`. */
  readonly tokenize = (texts: string | readonly string[], truncate: boolean = false): tf.Tensor2D => {
    const length = this.model.config.context_length;
    const rows = this.tokenizer.tokenize(texts, length, truncate); // each [L]
    return tf.tensor2d(joinRows(new Int32Array(rows.length * length), rows), [rows.length, length], 'int32');
  };

  /** Frees the model's memory. */
  readonly release = (): void => {
    releaseModel(this.model);
  };
}

/** The rows one after another in `joined`, which has room for all of them. */
function joinRows<T extends Float32Array | Int32Array>(joined: T, rows: readonly T[]): T {
  let at = 0;
  for (const row of rows) {
    joined.set(row, at);
    at += row.length;
  }
  return joined;
}
