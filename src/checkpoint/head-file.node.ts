// A linear head on disk.
import { openFile } from '../data/bytes/file-source.node.ts';
import { openCheckpoint } from './checkpoint.ts';
import { headToWrite, readHead, type SavedHead } from './head-file.ts';
import { writeSafetensors } from './write-safetensors.node.ts';

/** Opens and reads a head. Throws ClipError for no such file, another file, a damaged one. */
export async function openHead(path: string): Promise<SavedHead> {
  const file = await openFile(path);
  try {
    return await readHead(await openCheckpoint(file), path);
  } finally {
    await file.close();
  }
}

/** Writes a head, whole or not at all. */
export async function saveHead(path: string, head: SavedHead): Promise<void> {
  const { tensors, metadata } = headToWrite(head);
  await writeSafetensors(path, tensors, metadata);
}
