// The keys of dicts and members of sets. JavaScript spreads numbers over a Map's buckets by a rule that a file can
// know: a hundred thousand that fall into one bucket would take minutes. Texts it spreads by a secret.
import { ClipError } from '../../errors.ts';
import { MOST_ODD_KEYS } from './limits.ts';
import type { PickleValue } from './values.ts';

/** There are too few numbers below this for many of them to share a bucket. */
const SMALL = 2 ** 20;

/** A check of one pickle's keys, which answers each key; throws once too many of them are other numbers. */
export function keyCheck(): (key: PickleValue) => PickleValue {
  let odd = 0;
  return (key) => {
    const isOdd =
      typeof key === 'bigint' ||
      (typeof key === 'number' && !(Number.isInteger(key) && key >= 0 && key < SMALL));
    if (isOdd && ++odd > MOST_ODD_KEYS) {
      throw new ClipError('keys that are large or fractional numbers', {
        expected: `at most ${MOST_ODD_KEYS}`,
      });
    }
    return key;
  };
}
