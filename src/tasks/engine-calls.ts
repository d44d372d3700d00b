// The model's calls on batch after batch: timed, and in two halves once the engine's memory did not hold a batch.
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName } from '../backend/engine.ts';
import { isOutOfMemory, outOfMemory } from '../backend/out-of-memory.ts';
import { checkFinite } from './check-finite.ts';
import { joinParts } from './join-parts.ts';

/** The features of rows `start` … `end` − 1 of a batch, [end − start, E]. */
export type Encode = (start: number, end: number) => tf.Tensor2D;

export class EngineCalls {
  readonly #engine: EngineName;
  readonly #what: string;
  readonly #onNote: (note: string) => void;
  /** Whether a batch was too large. */
  #halved = false;
  #computed = 0; // ms
  #first: number | undefined;
  #last = 0;

  /** `what` the batches are of, in the plural. */
  constructor(engine: EngineName, what: string, onNote: (note: string) => void) {
    this.#engine = engine;
    this.#what = what;
    this.#onNote = onNote;
  }

  /** The share of the time from the first batch's start to the last one's end in which the engine was at work: 0 … 1. */
  get busy(): number {
    return this.#first === undefined ? 0 : this.#computed / (this.#last - this.#first);
  }

  /**
   * The features of a batch of `count` rows, [count, E]. Where the engine's memory does not hold it, this batch and all
   * after it go in two halves, and `onNote` says so. Throws ClipError where a half is too large as well, and for features
   * that are no numbers.
   */
  async run(count: number, encode: Encode): Promise<Float32Array> {
    this.#first ??= performance.now();
    const half = Math.ceil(count / 2);
    let failed: unknown;
    if (!this.#halved) {
      try {
        return await this.#inParts(count, count, encode);
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        if (count === 1) throw outOfMemory(`one of the ${this.#what}`, this.#engine, error);
        failed = error;
        this.#halved = true;
        this.#onNote(
          `the engine ${this.#engine} has not enough memory for ${count} ${this.#what} at once: on with ${half}`,
        );
      }
    }
    try {
      return await this.#inParts(count, half, encode);
    } catch (error) {
      // Some engines are broken by the first failure, and then say something else.
      if (!failed && !isOutOfMemory(error)) throw error;
      throw outOfMemory(`${half} ${this.#what} at once`, this.#engine, failed ?? error);
    }
  }

  async #inParts(count: number, size: number, encode: Encode): Promise<Float32Array> {
    const parts: Float32Array[] = [];
    for (let start = 0; start < count; start += size) {
      const began = performance.now();
      const rows = tf.tidy(() => encode(start, Math.min(start + size, count))); // [n, E]
      try {
        parts.push((await rows.data()) as Float32Array);
      } finally {
        rows.dispose();
      }
      this.#last = performance.now();
      this.#computed += this.#last - began;
    }
    for (const part of parts) checkFinite(part, this.#what);
    return parts.length === 1 ? parts[0]! : joinParts(parts);
  }
}
