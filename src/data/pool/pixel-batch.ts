// What the pool is asked for, and what it gives.
import type { PictureSource } from '../sets/picture-set.ts';

export interface PixelRequest {
  /** Where the picture is; or a picture file's bytes, as they came from elsewhere. */
  readonly source: PictureSource | { readonly bytes: Uint8Array };
  /** Where there is one, the picture is augmented by it: 0 … 2³² − 1. */
  readonly seed?: number | undefined;
}

export interface PixelBatch {
  /** [kept, 3, size, size], in memory that is shared with the workers. */
  readonly pixels: Float32Array;
  /** Positions in the request of the pictures that were read, ascending. */
  readonly kept: readonly number[];
  /** The others, ascending. */
  readonly broken: readonly BrokenPicture[];
  /** Gives the pixels' memory to a later batch: nobody may look at them after it. Without it, the collector frees them. */
  release(): void;
}

/** A picture that could not be read. */
export interface BrokenPicture {
  /** Its position in the request. */
  readonly at: number;
  /** Its path; `a picture in memory` where it has none. */
  readonly name: string;
  /** Why, in one line that does not begin with the name. */
  readonly reason: string;
}
