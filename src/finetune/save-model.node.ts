// A model in a folder of its own, ready for --model: weights, and a vocabulary where it has one of its own.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { checkWritable } from '../disk.node.ts';
import { ClipError } from '../errors.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { ownMergesFile } from '../tasks/tokenizer-files.ts';
import { saveWeights } from '../train/checkpoint.node.ts';

const WEIGHTS = 'model.safetensors';

/** Throws ClipError for a folder that cannot be written to or has a model already. */
export async function checkNoModel(folder: string): Promise<void> {
  await checkWritable(folder, 'give another --out');
  const file = join(folder, WEIGHTS);
  if (existsSync(file)) throw new ClipError(`${file} is there already`, { hint: 'give another --out' });
}

/** Writes the model and returns the weights' file, which is there once all is. */
export async function saveModel(folder: string, { model, tokenizer }: LoadedModel): Promise<string> {
  await checkNoModel(folder);
  const merges = ownMergesFile(tokenizer.vocabulary);
  if (merges !== undefined) {
    await writeFileAtomic(join(folder, 'merges.txt'), new TextEncoder().encode(merges));
  }
  const file = join(folder, WEIGHTS);
  await saveWeights(file, model);
  return file;
}
