// Shapes-100 as files: a folder that whatever reads `cifar-100-python` reads.
import { join } from 'node:path';
import { makeFolder } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { writeFileAtomic } from '../bytes/write-file.node.ts';
import { metaPickle, splitPickle } from './pickles.ts';
import { shapesTest, shapesTrain } from './shapes.ts';

/**
 * Writes `test`, `train` (26 MB) and `meta` into a folder, which is made if it is not there. Each file is whole or not
 * there; `meta`, which a reader looks for first, comes last. Errors: the folder or a file cannot be written.
 */
export async function writeShapes(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: Error) => {
    throw new ClipError(`${folder}: the folder cannot be made: ${error.message}`, {}, { cause: error });
  });
  await writeFileAtomic(join(folder, 'test'), splitPickle(shapesTest()));
  await writeFileAtomic(join(folder, 'train'), splitPickle(shapesTrain()));
  await writeFileAtomic(join(folder, 'meta'), metaPickle());
}
