// A text → a picture of it, by the image encoder read backwards: the encoder stays as it is, and the gradient of the
// cosine between its feature and the text's goes on into the picture (Olah et al. 2017, "Feature Visualization", for
// classes; CLIPDraw, Frans et al. 2021, and others with CLIP).
import * as tf from '@tensorflow/tfjs-core';
import type { Picture } from '../../data/pictures/picture.ts';
import { type Bits, randomBits, seedFor } from '../../data/random.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { bestBeginning } from './beginning.ts';
import { type Canvas, WAYS, type Way } from './canvas.ts';
import { checkGeneration } from './check.ts';
import { Climb } from './climb.ts';
import { makeCanvas, VARIATION } from './make-canvas.ts';
import { Objective } from './objective.ts';
import { planesOf, structureKept } from './structure.ts';
import type { ViewOptions } from './views.ts';

export interface GenerateOptions {
  /** What the picture is made of; default: `shapes`. */
  by?: Way | undefined;
  /** Steps of the optimiser, from 1; default 300. */
  steps?: number | undefined;
  /** The same seed on the same engine gives the same picture; default 1. */
  seed?: number | undefined;
  /** The finished picture's side in pixels, 16 … 1024; default 256. */
  size?: number | undefined;
  /** Texts around the text, each with one `{}`; default: PROMPTS. */
  prompts?: readonly string[] | undefined;
  /** What the picture should not be like. */
  without?: readonly string[] | undefined;
  /** A picture to start from, its middle square. `shapes` cannot. */
  start?: Picture | undefined;
  /** How much of the start's structure is kept, 0 … below 1; default 0.5. 0: it is only where the run begins. */
  keep?: number | undefined;
  /** How the encoder looks at the picture; default: VIEWS. */
  views?: Partial<ViewOptions> | undefined;
  /** The weight of total variation, in `pixels` and `fourier`; default: VARIATION. */
  variation?: number | undefined;
  /** Aborted: the run ends after its step, and gives what it has. */
  signal?: AbortSignal | undefined;
  /** Hears of the search for a beginning: how much of it is done, 0 … 1. By `fourier` and `pixels` there is none. */
  onTry?: ((done: number) => void) | undefined;
  /** Hears of each step, and is waited for. */
  onStep?: ((step: GenerationStep) => void | Promise<void>) | undefined;
}

export interface GenerationStep {
  /** Its number, from 1. */
  step: number;
  steps: number;
  loss: number;
  /** Of the views with the text, the mean, before the step. */
  cosine: number;
  /** The picture after the step. */
  draw(size?: number): Picture;
}

export interface Generated {
  picture: Picture;
  by: Way;
  /** Steps made: all, or fewer where the run was told to stop. */
  steps: number;
  seconds: number;
  /** Of the whole picture with the text, −1 … 1. */
  cosine: number;
  /** The correlation of luminance with the start, −1 … 1, where there is one. */
  structure?: number;
}

/**
 * Makes a picture that `loaded` finds like `text`. Throws ClipError for a text that is empty or over the context length,
 * options out of their ranges, and where the loss is no number.
 */
export async function generatePicture(
  loaded: LoadedModel,
  text: string,
  options: GenerateOptions = {},
): Promise<Generated> {
  const { by = WAYS[0], steps = 300, seed = 1, size = 256, keep = 0.5 } = options;
  const { start, signal, onTry, variation = VARIATION[by] } = options;
  checkGeneration({ text, by, steps, seed, size, keep, hasStart: start !== undefined });
  const { config } = loaded.model;
  const side = Math.round(1.25 * config.image_resolution); // a window of it is as sharp as the encoder
  const planes = start && planesOf(start, side);
  const began = performance.now();
  const objective = await Objective.of(loaded, text, { ...options, by, side, keep, planes });
  const make = (index: number): Canvas =>
    makeCanvas(by, { side, bits: randomBits(seedFor(seed, `${by} ${index}`)), variation, start: planes });
  const views = (): Bits => randomBits(seedFor(seed, 'views'));
  let climb: Climb | undefined;
  try {
    const best = await bestBeginning(by, make, objective, { steps, bits: views, signal, onTry });
    const canvas = make(best);
    climb = new Climb(canvas, objective, steps);
    const bits = views();
    const draw = (wanted: number = size): Picture => drawPicture(canvas, wanted);
    while (climb.steps < steps && !signal?.aborted) {
      await tf.nextFrame(); // so that a signal is heard
      const { loss, cosine } = climb.step(bits);
      await options.onStep?.({ step: climb.steps, steps, loss, cosine, draw });
    }
    const picture = draw();
    return {
      picture,
      by,
      steps: climb.steps,
      seconds: (performance.now() - began) / 1000,
      cosine: objective.cosineOf(loaded.preprocess(picture)),
      ...(start && { structure: structureKept(picture, start, side) }),
    };
  } finally {
    climb?.release();
    objective.release();
  }
}

/** What the canvas shows now, at any size. */
function drawPicture(canvas: Canvas, size: number): Picture {
  const bytes = tf.tidy(() => tf.round(tf.mul(tf.transpose(canvas.draw(size), [1, 2, 0]), 255)).dataSync()); // [S, S, 3]
  return { mode: 'RGB', width: size, height: size, data: Uint8Array.from(bytes) };
}
