// What every program is given: the same pictures, texts and pixels, from numbers alone, in files that any language reads.
//   pixels.f32    float32 [32, 3, R, R]: preprocessed pictures
//   picture.rgb   uint8 [480, 640, 3]: a decoded picture
//   inputs.json   see Inputs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countOf } from '../checkpoint/stored-tensor.ts';
import { trainBatch } from '../data/shapes/shapes.ts';
import { MINI, withModel } from '../tasks/load.node.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { captions } from './captions.ts';
import { LARGEST } from './work.ts';

export const WIDTH = 640;
export const HEIGHT = 480;
const CAPTIONS = 1000;
const SEED = 8;

export interface Inputs {
  /** R: a picture's side. */
  resolution: number;
  /** Numbers in the model. */
  parameters: number;
  /** The tokens of a whole row. */
  context: number;
  /** The tokens of the longest row without its zeros. */
  longest: number;
  /** [32, context] */
  ids: number[][];
  /** To tokenize; the first 32 are those of `ids`. */
  texts: string[];
}

/** Writes the files of a model into a folder that is there. Throws ClipError for a model that cannot be read. */
export async function writeInputs(model: string, folder: string): Promise<Inputs> {
  const { config, merges, parameters } = await withModel(model, {}, async (checkpoint, files) => ({
    config: checkpoint.config,
    merges: files.merges,
    parameters: [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + countOf(shape), 0),
  }));
  const { image_resolution: resolution, context_length: context, vocab_size: vocabSize } = config;
  const tokenizer = new Tokenizer({ vocabSize, merges });
  const texts = model === MINI ? shapesCaptions() : captions(CAPTIONS);
  const ids = tokenizer.tokenize(texts.slice(0, LARGEST), context, true).map((row) => [...row]);
  const longest = Math.max(...ids.map((row) => 1 + row.indexOf(tokenizer.endOfText)));
  const random = numbers();
  const pixels = Float32Array.from({ length: LARGEST * 3 * resolution ** 2 }, () => 3 * random() - 1.5);
  writeFileSync(join(folder, 'pixels.f32'), pixels);
  writeFileSync(join(folder, 'picture.rgb'), picture());
  const inputs = { resolution, parameters, context, longest, ids, texts };
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
  return inputs;
}

/** The captions of the embedded model's own data, a thousand of them. */
function shapesCaptions(): string[] {
  const batches = Array.from({ length: 20 }, (_, step) => trainBatch(SEED, step, 50));
  return batches.flat().map(({ caption }) => caption);
}

/** Waves of different lengths and some grain: a resize has something to do. */
function picture(): Uint8Array {
  const random = numbers();
  return Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const [x, y, c] = [((i / 3) | 0) % WIDTH, (i / 3 / WIDTH) | 0, i % 3];
    return 128 + 60 * Math.sin((x + 40 * c) / 7) + 50 * Math.cos((y * (1 + c)) / 23) + 16 * (random() - 0.5);
  });
}

/** Numbers 0 … 1, the same every time. */
function numbers(): () => number {
  let state = SEED;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The files, read again, in another process. */
export function readInputs(folder: string): Inputs & { pixels: Float32Array; picture: Uint8Array } {
  const bytes = readFileSync(join(folder, 'pixels.f32'));
  const pixels = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const inputs: Inputs = JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8'));
  return { ...inputs, pixels, picture: readFileSync(join(folder, 'picture.rgb')) };
}
