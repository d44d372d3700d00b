// A caption decoder on disk. That of the embedded model comes with the package.
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { writeSafetensors } from '../../checkpoint/write-safetensors.node.ts';
import { openFile } from '../../data/bytes/file-source.node.ts';
import { ClipError } from '../../errors.ts';
import { MINI } from '../load.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { decoderToWrite, type LoadedDecoder, readDecoder } from './decoder-file.ts';

/** The decoder of the embedded model. */
export const MINI_DECODER: string = fileURLToPath(
  new URL('../../../weights/mini/caption.safetensors', import.meta.url),
);

/**
 * Opens a decoder for `loaded`, from `path`, or the one that comes with the embedded model. Throws ClipError for no such
 * file, another file, a damaged one, the decoder of another model, and where a model has none and no path is given.
 */
export async function loadDecoder(loaded: LoadedModel, path?: string): Promise<LoadedDecoder> {
  const file = await openFile(path ?? ownDecoder(loaded));
  try {
    return await readDecoder(await openCheckpoint(file), path ?? MINI_DECODER, loaded);
  } finally {
    await file.close();
  }
}

/** Writes a decoder of `loaded`'s features, whole or not at all. */
export async function saveDecoder(path: string, decoder: LoadedDecoder, loaded: LoadedModel): Promise<void> {
  const { tensors, metadata } = await decoderToWrite(decoder, loaded);
  await writeSafetensors(path, tensors, metadata);
}

function ownDecoder({ name }: LoadedModel): string {
  if (name === MINI) return MINI_DECODER;
  throw new ClipError(`no caption decoder comes with ${name}`, {
    expected: 'a file of one',
    hint: `clip-tfjs caption train --model ${name} makes one; --decoder names it`,
  });
}
