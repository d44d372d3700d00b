// A stream of random numbers from a seed: Chris Doty-Humphrey's sfc32 (PractRand), 128 bits of state, public domain.
// Every number comes from whole-number arithmetic, +, −, ×, ÷ and the square root, which IEEE 754 fixes to the last
// bit: the same seed gives the same bytes in every browser and on every machine. (Math.sin and its like do not.)
import { ClipError } from '../../errors.ts';

const WORD = 2 ** 32;
/** Steps after which the first state no longer shows. */
const WARM_UP = 15;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** The stream of a purpose (what is drawn with it), a seed and an index: whole numbers, 0…2^53−1. */
  constructor(purpose: number, seed: number, index: number) {
    checkWhole('seed', seed);
    checkWhole('index', index);
    this.#a = seed | 0;
    this.#b = Math.floor(seed / WORD) ^ (purpose << 24);
    this.#c = index | 0;
    this.#counter = Math.floor(index / WORD) + 1;
    for (let i = 0; i < WARM_UP; i++) this.#word();
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    return this.#word() / WORD;
  }

  /** low ≤ x < high. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** 0…count−1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** The same things in a random order (Fisher and Yates), the list itself left alone. */
  shuffled<T>(things: readonly T[]): T[] {
    const order = [...things];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }

  /**
   * A direction [cos, sin], all equally likely: a point of the unit disc, pushed to its rim. No sine is needed.
   */
  direction(): [number, number] {
    for (;;) {
      const [x, y] = [this.between(-1, 1), this.between(-1, 1)];
      const square = x * x + y * y;
      if (square > 1 || square < 1e-4) continue;
      const length = Math.sqrt(square);
      return [x / length, y / length];
    }
  }

  /** A direction within ±`degrees` (at most 45) of [1, 0], from the tangent of half its angle. */
  tilt(degrees: number): [number, number] {
    const most = (degrees * Math.PI) / 360; // tan x ≈ x: at 45° the widest tilt is 43°
    const t = this.between(-most, most);
    return [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  }
}

function checkWhole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new ClipError(`shapes: the ${name}`, { expected: 'a whole number, 0 or more', got: value });
}
