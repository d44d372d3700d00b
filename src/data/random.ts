// Random numbers that are the same in every JavaScript engine: integer arithmetic and exact sums only.
// tf.randomNormal goes through Math.log, whose last digit a language standard leaves open.

/** A stream of 32-bit integers, 0 … 2³² − 1. */
export type Bits = () => number;

/** Tommy Ettinger's Mulberry32: 32 bits of state, plenty for starting weights. */
export function randomBits(seed: number): Bits {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** A seed for something that has a name, so that its numbers do not depend on what was drawn before (FNV-1a). */
export function seedFor(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Uniform in −1 … 1. */
export function uniform(bits: Bits): number {
  return bits() / 2 ** 31 - 1;
}

/**
 * Mean 0, variance 1, and as good as normal: twelve uniform numbers of variance 1/12 each, their mean taken off. Two
 * 16-bit numbers come out of one draw. Nothing beyond ±6 occurs, which suits weights.
 */
export function normal(bits: Bits): number {
  let sum = 0;
  for (let i = 0; i < 6; i++) {
    const pair = bits();
    sum += (pair & 0xffff) + (pair >>> 16);
  }
  return (sum + 6) / 65536 - 6; // + ½ for each of the twelve: the middle of its 65,536th
}
