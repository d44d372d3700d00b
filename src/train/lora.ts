// LoRA (Hu et al. 2022) on the attentions' queries, keys and values, as CLIP-LoRA (Zanella & Ben Ayed 2024) places it:
// x W + x A B · alpha / rank, with only A [in, rank] and B [rank, out] trained. B starts at zero, so training starts at
// the model itself. Stands beside peft's LoraConfig(target_modules=['q_proj', 'k_proj', 'v_proj']).
import * as tf from '@tensorflow/tfjs-core';
import { adapterShapes, type LoraSettings } from '../checkpoint/adapter.ts';
import { randomBits, seedFor, uniform } from '../data/random.ts';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import { LINEAR_ORDER, Parameter } from '../model/module.ts';

/** The pairs of one weight: one, or three side by side where q, k and v are one matrix. */
interface Adapted {
  weight: Parameter;
  pairs: { a: Parameter; b: Parameter }[];
}

export class Lora {
  readonly settings: LoraSettings;
  /** A and B of each projection under its path, such as `visual.transformer.resblocks.0.attn.q_proj.lora_A.weight`. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #adapted: Adapted[] = [];
  readonly #seed: number;
  /** What dropout's masks are drawn from, and the forward passes' count in it; none is dropped outside training. */
  #draw: { name: string; layer: number } | undefined;

  /**
   * Puts adapters on all of the model's attentions. The dropout is rounded to 256ths. Throws ClipError for settings that
   * cannot be.
   */
  constructor(model: CLIP, settings: LoraSettings, seed: number) {
    this.settings = settings;
    this.#seed = seed;
    checkSettings(settings);
    const parameters = new Map<string, Parameter>();
    const weights = new Map(model.namedParameters());
    for (const { weight, projections, inSize, outSize } of adapterShapes(weights)) {
      const pairs = projections.map((name) => {
        const a = randomA(settings.rank, inSize, seedFor(seed, name));
        const b = zeroB(settings.rank, outSize);
        parameters.set(`${name}.lora_A.weight`, a).set(`${name}.lora_B.weight`, b);
        return { a, b };
      });
      this.#adapted.push({ weight: weights.get(weight)!, pairs });
    }
    this.parameters = parameters;
    this.#adapted.forEach((adapted, layer) => {
      adapted.weight.adapter = (x) => this.#add(x, adapted, layer);
    });
  }

  /** Training begins a forward pass: of a step, and of a part of it. The same two numbers drop the same. */
  begin(step: number, part = 0): void {
    this.#draw = { name: `${step} ${part}`, layer: 0 };
  }

  /** Training is over, or pauses: nothing is dropped any more. */
  end(): void {
    this.#draw = undefined;
  }

  /** Takes the adapters off the model and frees them. */
  release(): void {
    for (const { weight } of this.#adapted) weight.adapter = undefined;
    for (const parameter of this.parameters.values()) parameter.release();
  }

  /** x [..., in] → what is added to x W, [..., out]. */
  #add(x: tf.Tensor, { pairs }: Adapted, layer: number): tf.Tensor {
    const { rank, alpha } = this.settings;
    const inSize = x.shape.at(-1)!;
    const flat = this.#drop(tf.reshape(x, [-1, inSize]), layer); // [rows, in]
    const down = tf.concat(
      pairs.map(({ a }) => a.value),
      1,
    ); // [in, pairs · rank]
    const low = tf.mul(tf.matMul(flat as tf.Tensor2D, down as tf.Tensor2D), alpha / rank); // [rows, pairs · rank]
    const added = tf.matMul(low as tf.Tensor2D, besideEachOther(pairs.map(({ b }) => b.value))); // [rows, out]
    return tf.reshape(added, [...x.shape.slice(0, -1), added.shape[1]!]); // [..., out]
  }

  /** Sets a share of the numbers to zero, as chance has it for this step and layer, and scales the others up. */
  #drop(x: tf.Tensor, layer: number): tf.Tensor {
    const of256 = Math.round(this.settings.dropout * 256);
    if (!this.#draw || of256 === 0) return x;
    return tf.mul(x, dropMask(x.shape, of256, seedFor(this.#seed, `${this.#draw.name} ${layer}`)));
  }
}

/** Blocks [rank, out] → [blocks · rank, blocks · out], zero but for the blocks on the diagonal: one product for all. */
function besideEachOther(blocks: readonly tf.Tensor[]): tf.Tensor2D {
  if (blocks.length === 1) return blocks[0] as tf.Tensor2D;
  const width = blocks[0]!.shape[1]!;
  const padded = blocks.map((block, i) =>
    tf.pad(block, [
      [0, 0],
      [i * width, (blocks.length - 1 - i) * width],
    ]),
  ); // each [rank, blocks · out]
  return tf.concat(padded, 0) as tf.Tensor2D; // [blocks · rank, blocks · out]
}

/** 0 for `of256` of 256 numbers, 256 / (256 − of256) for the others. A draw of 32 bits decides four. */
function dropMask(shape: number[], of256: number, seed: number): tf.Tensor {
  const mask = new Float32Array(tf.util.sizeFromShape(shape)).fill(256 / (256 - of256));
  const bits = randomBits(seed);
  for (let i = 0; i < mask.length; i += 4) {
    const draw = bits();
    if ((draw & 0xff) < of256) mask[i] = 0;
    if (((draw >>> 8) & 0xff) < of256) mask[i + 1] = 0;
    if (((draw >>> 16) & 0xff) < of256) mask[i + 2] = 0;
    if (draw >>> 24 < of256) mask[i + 3] = 0;
  }
  return tf.tensor(mask, shape);
}

/** PyTorch's default start of a Linear, as peft takes it: uniform within ±1 / √in. */
function randomA(rank: number, inSize: number, seed: number): Parameter {
  const bits = randomBits(seed);
  const bound = 1 / Math.sqrt(inSize);
  return parameterOf(
    Float32Array.from({ length: rank * inSize }, () => bound * uniform(bits)),
    [rank, inSize],
  );
}

function zeroB(rank: number, outSize: number): Parameter {
  return parameterOf(new Float32Array(outSize * rank), [outSize, rank]);
}

function parameterOf(values: Float32Array, shape: [number, number]): Parameter {
  const parameter = new Parameter(shape, { order: LINEAR_ORDER });
  tf.tidy(() => parameter.assign(tf.tensor2d(values, shape)));
  return parameter;
}

function checkSettings({ rank, alpha, dropout }: LoraSettings): void {
  if (!(Number.isInteger(rank) && rank > 0)) {
    throw new ClipError("LoRA's rank", { expected: 'a whole number from 1', got: rank });
  }
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    throw new ClipError("LoRA's alpha", { expected: 'a number over 0', got: alpha });
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ClipError("LoRA's dropout", { expected: '0 or more, below 1', got: dropout });
  }
}
