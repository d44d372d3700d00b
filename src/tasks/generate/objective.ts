// What a picture is optimised for: like the text in every view, unlike the negative texts, and near the start where there
// is one.
import * as tf from '@tensorflow/tfjs-core';
import { type Bits, randomBits, uniform } from '../../data/random.ts';
import type { CLIP } from '../../model/clip.ts';
import { normalize } from '../../model/ops.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { Canvas, Rgb, Way } from './canvas.ts';
import { structureLoss } from './structure.ts';
import { textDirection } from './target.ts';
import { VIEWS, type ViewOptions, viewsOf } from './views.ts';

/** The weight of the negative texts, beside 1 for the text. */
const WITHOUT = 0.5;
/** Views by which random beginnings are compared. */
const FIRST = 8;
/** How far a random ground is from the colour on it: 0 the same, 1.73 black and white. */
const APART = 0.4;

export interface ObjectiveOptions {
  by: Way;
  /** Of the canvas, in pixels. */
  side: number;
  /** 0 … below 1. */
  keep: number;
  /** The start, [3, side, side]. */
  planes: Float32Array | undefined;
  prompts?: readonly string[] | undefined;
  without?: readonly string[] | undefined;
  views?: Partial<ViewOptions> | undefined;
}

export class Objective {
  readonly #model: CLIP;
  readonly #options: ObjectiveOptions;
  readonly #views: ViewOptions;
  readonly #target: tf.Tensor2D; // [1, E]
  readonly #against: readonly tf.Tensor2D[]; // each [1, E]
  readonly #start: tf.Tensor3D | undefined; // [3, S, S]

  /** Encodes the texts; throws ClipError for one that is empty or too long. */
  static async of(loaded: LoadedModel, text: string, options: ObjectiveOptions): Promise<Objective> {
    const directions: tf.Tensor2D[] = [];
    try {
      for (const one of [text, ...(options.without ?? [])]) {
        directions.push(await textDirection(loaded, one, options.prompts));
      }
    } catch (error) {
      tf.dispose(directions);
      throw error;
    }
    return new Objective(loaded.model, directions, options);
  }

  private constructor(model: CLIP, [target, ...against]: readonly tf.Tensor2D[], options: ObjectiveOptions) {
    this.#model = model;
    this.#options = options;
    this.#views = { ...VIEWS[options.by], ...options.views };
    this.#target = target!;
    this.#against = against;
    const { planes, side } = options;
    this.#start = planes && tf.tensor3d(planes, [3, side, side]);
  }

  /** The loss of what the canvas shows, and the mean cosine of its views with the text. */
  lossOf(
    canvas: Canvas,
    bits: Bits,
    views: ViewOptions = this.#views,
  ): { loss: tf.Scalar; cosine: tf.Scalar } {
    const { side, keep } = this.#options;
    const pictures = drawn(canvas, side, views, bits); // [3, S, S] each
    const picture = pictures[0]!;
    const shared = { ...views, count: Math.ceil(views.count / pictures.length) };
    const { config } = this.#model;
    const images = tf.concat(pictures.map((one, i) => viewsOf(one, config, shared, bits, i === 0))); // [N, 3, R, R]
    const features = normalize(this.#model.encodeImage(images)); // [N, E]
    const cosine = this.#mean(features, this.#target);
    const terms: tf.Tensor[] = this.#against.map((other) =>
      tf.mul(this.#mean(features, other), WITHOUT / this.#against.length),
    );
    const penalty = canvas.penalty?.(picture);
    if (penalty) terms.push(penalty);
    if (this.#start && keep > 0) terms.push(tf.mul(structureLoss(picture, this.#start), keep / (1 - keep)));
    const loss = terms.reduce((sum, term) => tf.add(sum, term), tf.neg(cosine)) as tf.Scalar;
    return { loss, cosine };
  }

  /** The loss of a few views, the same for every canvas. */
  lossNow(canvas: Canvas): number {
    const loss = tf.tidy(() => this.lossOf(canvas, randomBits(0), { ...this.#views, count: FIRST }).loss);
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  }

  /** The cosine of one picture, as the encoder takes it, with the text. Disposes of the picture. */
  cosineOf(image: tf.Tensor4D): number {
    const cosine = tf.tidy(() => this.#mean(normalize(this.#model.encodeImage(image)), this.#target));
    const [value] = cosine.dataSync();
    tf.dispose([image, cosine]);
    return value!;
  }

  #mean(features: tf.Tensor, direction: tf.Tensor2D): tf.Scalar {
    return tf.mean(tf.matMul(features as tf.Tensor2D, direction, false, true));
  }

  release(): void {
    tf.dispose([this.#target, ...this.#against]);
    this.#start?.dispose();
  }
}

/** The picture as it is, and where the canvas can do that, on other grounds: what is meant has to be in the shape. */
function drawn(canvas: Canvas, side: number, { grounds }: ViewOptions, bits: Bits): tf.Tensor3D[] {
  if (!canvas.drawOn || !canvas.colour || grounds === 0) return [canvas.draw(side)];
  const colour = canvas.colour();
  return canvas.drawOn(
    side,
    Array.from({ length: grounds }, () => groundFor(colour, bits)),
  );
}

/** A random colour that this one can be told from. */
function groundFor(colour: Rgb, bits: Bits): Rgb {
  const ground: Rgb = [share(bits), share(bits), share(bits)];
  const apart = Math.hypot(...ground.map((value, i) => value - colour[i]!));
  return apart < APART ? groundFor(colour, bits) : ground;
}

function share(bits: Bits): number {
  return (uniform(bits) + 1) / 2;
}
