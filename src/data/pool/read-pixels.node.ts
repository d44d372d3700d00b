// One picture, from a file or memory, decoded and preprocessed: what the pool's workers do, and it itself where it has none.
import { ClipError, oneLine } from '../../errors.ts';
import { type Augmentation, augment } from '../pictures/augment.ts';
import { readPicture } from '../pictures/decode.node.ts';
import { type Normalization, normalize, preprocess } from '../pictures/preprocess.ts';
import type { Outcome } from './crew.node.ts';
import type { PixelRequest } from './pixel-batch.ts';

export interface PixelSettings {
  /** The side of what comes out, in pixels. */
  readonly size: number;
  readonly normalization: Normalization;
  readonly augmentation?: Augmentation | undefined;
}

/** A picture, and where its pixels go: float32 [3, size, size], shared between threads. */
export interface PixelJob extends PixelRequest {
  readonly into: Float32Array;
}

/** Fills `into`; or says why it could not, in one line. */
export async function readPixels(
  { source, seed, into }: PixelJob,
  { size, normalization, augmentation }: PixelSettings,
): Promise<Outcome<true>> {
  try {
    const picture = 'path' in source ? await readPicture(source.path) : source.picture;
    if (augmentation && seed !== undefined) {
      normalize(augment(picture, size, seed, augmentation), size * size, normalization, into);
    } else {
      preprocess(picture, size, normalization, into);
    }
    return { value: true };
  } catch (error) {
    // Not a ClipError: memory that could not be had, say. One picture's trouble all the same.
    const reason = error instanceof ClipError ? error.message : oneLine(`${error}`);
    return { reason: 'path' in source ? withoutName(reason, source.path) : reason };
  }
}

function withoutName(reason: string, path: string): string {
  const name = `${oneLine(path)}: `;
  return reason.startsWith(name) ? reason.slice(name.length) : reason;
}
