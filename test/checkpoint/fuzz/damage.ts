// Damage that knows nothing of what it damages.

/** A number from 0 to `below` − 1. */
export type Random = (below: number) => number;

/** Marsaglia's xorshift: the same numbers on every machine. */
export function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)]!;
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, ...new TextEncoder().encode('.(tRbcQ}]0q{"[:,-9')];

/** A copy with one to four wounds: a flipped bit, a changed byte, a run overwritten, moved or cut out, an end cut off. */
export function damage(bytes: Uint8Array, random: Random): Uint8Array {
  let copy = new Uint8Array(bytes);
  for (let wounds = 1 + random(4); wounds > 0 && copy.length > 0; wounds--) {
    const at = random(copy.length);
    const length = 1 + random(Math.min(16, copy.length - at));
    const kind = random(6);
    if (kind === 0) copy[at]! ^= 1 << random(8);
    else if (kind === 1) copy[at] = pick(random, INTERESTING);
    else if (kind === 2) copy.fill(pick(random, INTERESTING), at, at + length);
    else if (kind === 3) copy.copyWithin(random(copy.length), at, at + length);
    else if (kind === 4) copy = new Uint8Array([...copy.subarray(0, at), ...copy.subarray(at + length)]);
    else if (random(4) === 0) copy = copy.slice(0, at);
  }
  return copy;
}

/** Whole numbers at which sizes, offsets and counts go wrong, of up to 64 bits. */
export function interestingNumber(random: Random, near: readonly number[]): bigint {
  const kind = random(4);
  if (kind === 0) return BigInt(random(300));
  if (kind === 1) return (1n << BigInt(random(65))) - BigInt(random(2));
  if (kind === 2) return BigInt(random(2 ** 31)) << BigInt(random(33));
  const number = BigInt(pick(random, near)) + BigInt(random(3)) - 1n;
  return number < 0n ? 0n : number;
}
