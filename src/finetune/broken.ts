// Pictures that could not be read: counted, named and passed over, until there are too many to be an accident.
import type { BrokenPicture } from '../data/pool/pixel-batch.ts';
import { ClipError } from '../errors.ts';

/** More than this share of a set, or more than this many, and something else is wrong. */
const MOST_SHARE = 0.1;
const MOST = 100;
const LISTED = 3;

export class BrokenPictures {
  readonly #reasons = new Map<string, string>();
  readonly #most: number;
  readonly #set: { readonly name: string; readonly count: number };
  readonly #onNote: (note: string) => void;

  /** `onNote` hears of each picture once. One is always forgiven. */
  constructor(set: { readonly name: string; readonly count: number }, onNote: (note: string) => void) {
    this.#set = set;
    this.#most = Math.max(1, Math.min(MOST, Math.floor(MOST_SHARE * set.count)));
    this.#onNote = onNote;
  }

  get count(): number {
    return this.#reasons.size;
  }

  /** Throws ClipError, naming some, when there are too many. */
  add(pictures: readonly BrokenPicture[]): void {
    for (const { name, reason } of pictures) {
      if (this.#reasons.has(name)) continue;
      this.#reasons.set(name, reason);
      this.#onNote(`passed over: ${name}: ${reason}`);
    }
    if (this.count <= this.#most) return;
    const some = Array.from(this.#reasons, ([name, reason]) => `${name}: ${reason}`).slice(0, LISTED);
    throw new ClipError(`too many pictures of ${this.#set.name} cannot be read`, {
      expected: `at most ${this.#most} of ${this.#set.count}`,
      got: `${this.count}: ${some.join('; ')}`,
      hint: 'take them out or fetch them again',
    });
  }
}
