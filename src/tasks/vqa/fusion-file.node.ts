// A head for questions on disk.

import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { modelFingerprint } from '../../checkpoint/fingerprint.ts';
import { releaseModel } from '../../checkpoint/state-dict.ts';
import { writeSafetensors } from '../../checkpoint/write-safetensors.node.ts';
import { openFile } from '../../data/bytes/file-source.node.ts';
import { ClipError } from '../../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { fusionToWrite, readFusion, type SavedFusion } from './fusion-file.ts';

/** The head that comes with the embedded model. */
export const MINI_HEAD: string = fileURLToPath(
  new URL('../../../weights/mini/vqa.safetensors', import.meta.url),
);

/**
 * Opens the head at `path`, or the embedded model's own (`mini`). Throws ClipError for no such file, another file, a
 * damaged one, and for a head that was trained on another model than `loaded`: to that model's features it means nothing.
 */
export async function openFusion(path: string, loaded: LoadedModel): Promise<SavedFusion> {
  const file = await openFile(path === 'mini' ? MINI_HEAD : path);
  try {
    const saved = await readFusion(await openCheckpoint(file), path);
    const ours = await modelFingerprint(loaded.model);
    if (saved.base === ours) return saved;
    releaseModel(saved.fusion);
    throw new ClipError(`${path} belongs to another model`, {
      expected: `the features of ${saved.model} (${saved.base})`,
      got: `${loaded.name} (${ours})`,
      hint: 'name that model with --model, or train a head for this one: clip-tfjs vqa train',
    });
  } finally {
    await file.close();
  }
}

/** Writes a head, whole or not at all. */
export async function saveFusion(path: string, saved: SavedFusion): Promise<void> {
  const { tensors, metadata } = await fusionToWrite(saved);
  await writeSafetensors(path, tensors, metadata);
}
