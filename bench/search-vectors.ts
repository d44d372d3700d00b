// Vectors with the structure that embeddings have, for bench/search.ts: unit length, all in one cone, in clusters of unequal
// sizes, each cluster of few dimensions that fade out, and a little noise in every dimension.
import { type Bits, normal, randomBits, seedFor, uniform } from '../src/data/random.ts';
import { normalizeRows } from '../src/tasks/normalize-rows.ts';

export type VectorKind = 'embeddings' | 'random';

const CLUSTERS = 2000;
const LATENT = 48; // dimensions in which clusters and what is in them differ
const CONE = 1; // length of what all vectors share, beside clusters' and members' of about 1
const WITHIN = 0.7; // of a member from its cluster's middle, beside the middles' own spread of 1
const NOISE = 0.15; // in every dimension, whatever the cluster

/** Rows of [count, width] at `start` … of the endless list that `seed` and `kind` stand for. */
export class Vectors {
  readonly #kind: VectorKind;
  readonly #width: number;
  readonly #axes: Float32Array; // [LATENT, width]
  readonly #cone: Float32Array; // [width]
  readonly #middles: Float32Array; // [CLUSTERS, LATENT]
  readonly #fade: Float32Array; // [LATENT]

  constructor(kind: VectorKind, width: number) {
    this.#kind = kind;
    this.#width = width;
    const bits = randomBits(seedFor(0, 'axes'));
    this.#axes = filled(LATENT * width, bits, 1 / Math.sqrt(width));
    this.#cone = filled(width, bits, CONE / Math.sqrt(width));
    // The spread of dimension d falls as 1 / √(d + 1), as the spectra of embeddings do.
    this.#fade = Float32Array.from({ length: LATENT }, (_, d) => 1 / Math.sqrt(d + 1));
    const total = Math.hypot(...this.#fade);
    this.#fade = this.#fade.map((value) => value / total);
    this.#middles = filled(CLUSTERS * LATENT, bits, 1).map((value, i) => value * this.#fade[i % LATENT]!);
  }

  /** [count, width], each row of length 1; another `name` gives others of the same distribution. */
  draw(count: number, name: string): Float32Array {
    const width = this.#width;
    const bits = randomBits(seedFor(1, name));
    const rows = new Float32Array(count * width);
    if (this.#kind === 'random') {
      for (let i = 0; i < rows.length; i++) rows[i] = normal(bits);
    } else {
      const at = new Float32Array(LATENT);
      for (let row = 0; row < count; row++)
        this.#member(bits, at, rows.subarray(row * width, (row + 1) * width));
    }
    normalizeRows(rows, width);
    return rows;
  }

  #member(bits: Bits, at: Float32Array, row: Float32Array): void {
    // Clusters' sizes fall as those of words do, about: the square of a uniform number favours the first.
    const cluster = Math.floor((bits() / 2 ** 32) ** 2 * CLUSTERS);
    for (let d = 0; d < LATENT; d++) {
      at[d] = this.#middles[cluster * LATENT + d]! + WITHIN * this.#fade[d]! * normal(bits);
    }
    const noise = NOISE * Math.sqrt(3 / row.length); // a uniform number's spread is 1 / √3
    for (let i = 0; i < row.length; i++) row[i] = this.#cone[i]! + noise * uniform(bits);
    for (let d = 0; d < LATENT; d++) {
      const [scale, from] = [at[d]!, d * row.length];
      for (let i = 0; i < row.length; i++) row[i]! += scale * this.#axes[from + i]!;
    }
  }
}

function filled(length: number, bits: Bits, scale: number): Float32Array {
  return Float32Array.from({ length }, () => scale * normal(bits));
}
