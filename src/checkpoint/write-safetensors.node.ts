// A safetensors file on disk, whole or not there.
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { safetensorsChunks, type TensorToWrite } from './safetensors-writer.ts';

/** Writes tensors to `path`, one in memory at a time, replacing a file that is there only when all is written. */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata?: ReadonlyMap<string, string>,
): Promise<void> {
  return writeFileAtomic(path, safetensorsChunks(tensors, metadata));
}
