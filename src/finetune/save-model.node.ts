// A model in a folder of its own, ready for --model: weights, and a vocabulary where it has one of its own.
import { join } from 'node:path';
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { checkWritable, refuseExisting } from '../disk.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { ownMergesFile } from '../tasks/tokenizer-files.ts';
import { saveWeights } from '../train/checkpoint.node.ts';

export const WEIGHTS = 'model.safetensors';

/** Throws ClipError for a folder that cannot be written to or has a model already. */
export async function checkNoModel(folder: string): Promise<void> {
  await checkWritable(folder, 'give another --out');
  refuseExisting(join(folder, WEIGHTS));
}

/** Writes the model and returns the weights' file, which is there once all is. */
export async function saveModel(folder: string, loaded: LoadedModel): Promise<string> {
  await checkNoModel(folder);
  return writeModel(folder, loaded);
}

/** The same, over a model that is there. */
export async function writeModel(folder: string, { model, tokenizer }: LoadedModel): Promise<string> {
  const merges = ownMergesFile(tokenizer.vocabulary);
  if (merges !== undefined) {
    await writeFileAtomic(join(folder, 'merges.txt'), new TextEncoder().encode(merges));
  }
  const file = join(folder, WEIGHTS);
  await saveWeights(file, model);
  return file;
}
