// One picture, from a file or memory, decoded and preprocessed: what the pool's workers do, and it itself where it has none.
import { ClipError, oneLine } from '../../errors.ts';
import { type Augmentation, augment } from '../pictures/augment.ts';
import { decodePicture, readPicture } from '../pictures/decode.node.ts';
import type { Picture } from '../pictures/picture.ts';
import { type Normalization, normalize, preprocess } from '../pictures/preprocess.ts';
import type { Outcome } from './crew.node.ts';
import type { PixelRequest } from './pixel-batch.ts';

export interface PixelSettings {
  /** The side of what comes out, in pixels. */
  readonly size: number;
  readonly normalization: Normalization;
  readonly augmentation?: Augmentation | undefined;
  /** The most pixels that a picture given as bytes may have; MAX_PIXELS, unless given. */
  readonly mostPixels?: number | undefined;
}

/** A picture, and where its pixels go: float32 [3, size, size], shared between threads. */
export interface PixelJob extends PixelRequest {
  readonly into: Float32Array;
}

/** Fills `into`; or says why it could not, in one line. */
export async function readPixels(
  { source, seed, into }: PixelJob,
  { size, normalization, augmentation, mostPixels }: PixelSettings,
): Promise<Outcome<true>> {
  try {
    const picture = await open(source, mostPixels);
    if (augmentation && seed !== undefined) {
      normalize(augment(picture, size, seed, augmentation), size * size, normalization, into);
    } else {
      preprocess(picture, size, normalization, into);
    }
    return { value: true };
  } catch (error) {
    // Not a ClipError: memory that could not be had, say. One picture's trouble all the same.
    const reason = error instanceof ClipError ? error.message : oneLine(`${error}`);
    return { reason: 'picture' in source ? reason : withoutName(reason, nameOf(source)) };
  }
}

function open(source: PixelJob['source'], mostPixels?: number): Promise<Picture> | Picture {
  if ('picture' in source) return source.picture;
  if ('path' in source) return readPicture(source.path);
  const { buffer } = source.bytes;
  const own = buffer instanceof SharedArrayBuffer ? source.bytes.slice() : source.bytes; // decoders take no shared memory
  return decodePicture(own, nameOf(source), mostPixels);
}

function nameOf(source: { readonly path: string } | { readonly bytes: Uint8Array }): string {
  return 'path' in source ? source.path : 'picture';
}

function withoutName(reason: string, path: string): string {
  const name = `${oneLine(path)}: `;
  return reason.startsWith(name) ? reason.slice(name.length) : reason;
}
