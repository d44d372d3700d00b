// Pictures that could not be read: counted, named and passed over, until there are too many to be an accident.
import { ClipError } from '../../errors.ts';
import type { BrokenPicture } from './pixel-batch.ts';

/** More than this share of a set, or more than this many unless said otherwise, and something else is wrong. */
const MOST_SHARE = 0.1;
const MOST = 100;
const LISTED = 3;

export class BrokenPictures {
  readonly #reasons = new Map<string, string>();
  readonly #most: number;
  readonly #set: { readonly name: string; readonly count: number };
  readonly #onNote: (note: string) => void;

  /** `onNote` hears of each picture once. A tenth is forgiven, but no more than `most`; one always is; without end, where `most` is infinity. */
  constructor(
    set: { readonly name: string; readonly count: number },
    onNote: (note: string) => void,
    most: number = MOST,
  ) {
    this.#set = set;
    const some = Math.max(1, Math.min(most, Math.floor(MOST_SHARE * set.count)));
    this.#most = most === Number.POSITIVE_INFINITY ? most : some;
    this.#onNote = onNote;
  }

  get count(): number {
    return this.#reasons.size;
  }

  /** Each one's name, and why. */
  get list(): { name: string; reason: string }[] {
    return Array.from(this.#reasons, ([name, reason]) => ({ name, reason }));
  }

  /** Throws ClipError, naming some, when there are too many. */
  add(pictures: readonly BrokenPicture[]): void {
    for (const { name, reason } of pictures) {
      if (this.#reasons.has(name)) continue;
      this.#reasons.set(name, reason);
      this.#onNote(`passed over: ${name}: ${reason}`);
    }
    if (this.count <= this.#most) return;
    const some = this.list.slice(0, LISTED).map(({ name, reason }) => `${name}: ${reason}`);
    throw new ClipError(`too many pictures of ${this.#set.name} cannot be read`, {
      expected: `at most ${this.#most} of ${this.#set.count}`,
      got: `${this.count}: ${some.join('; ')}`,
      hint: 'take them out or fetch them again',
    });
  }
}
