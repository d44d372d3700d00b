// Whatever a person may call their pictures → PictureSet.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ClipError } from '../../errors.ts';
import { CIFAR100_PLACE, openCifar100 } from '../cifar.node.ts';
import { shapesTest, shapesTrain } from '../shapes/shapes.ts';
import { holdsClasses, openFolder, visibleFolders } from './folder.node.ts';
import { labelledSet } from './labelled.ts';
import type { PictureSet } from './picture-set.ts';
import { openTable } from './table.node.ts';

const HINT =
  'give shapes, cifar100, a folder FOLDER/CLASS/picture.png, a .csv, .tsv or .jsonl file, or a CIFAR-100 folder or archive';

/**
 * Opens a set by what it is called: `shapes` and `cifar100` (from ~/.cache) are names, `./shapes` a path; a path is a
 * table (.csv, .tsv, .jsonl), a folder or archive in CIFAR-100's layout, or a folder by class. Where a folder has `train`
 * and `test` (or `val`) with folders of classes in them, the split's is opened; else `split` matters to CIFAR-100 and Shapes-100
 * alone. Errors: nothing there, no such split (naming those that are), and those of openTable, openFolder and openCifar100.
 */
export async function openPictureSet(spec: string, split: 'train' | 'test'): Promise<PictureSet> {
  if (spec === 'shapes')
    return labelledSet(`shapes ${split}`, split === 'train' ? shapesTrain() : shapesTest());
  if (spec === 'cifar100') {
    return labelledSet(`cifar100 ${split}`, await openCifar100(CIFAR100_PLACE, split));
  }
  const info = statSync(spec, { throwIfNoEntry: false });
  if (!info) throw new ClipError(spec, { expected: 'pictures', got: 'no such file or folder', hint: HINT });
  if (isCifar(spec, info.isDirectory())) {
    return labelledSet(`${spec} ${split}`, await openCifar100(spec, split));
  }
  if (info.isDirectory()) return openFolder(splitFolder(spec, split));
  if (/\.(csv|tsv|jsonl)$/i.test(spec)) return openTable(spec);
  throw new ClipError(spec, { expected: 'a set of pictures', got: 'another file', hint: HINT });
}

/** Whether a path is CIFAR-100's: a folder or an archive in its layout. */
export function isCifar(path: string, isFolder: boolean): boolean {
  if (!isFolder) return /\.(tar|tar\.gz|tgz)$/i.test(path);
  const isFile = (name: string) => statSync(join(path, name), { throwIfNoEntry: false })?.isFile() ?? false;
  const hasMeta = (folder: string) =>
    isFile(join(folder, 'meta')) && (isFile(join(folder, 'train')) || isFile(join(folder, 'test')));
  return hasMeta('.') || hasMeta('cifar-100-python') || isFile('cifar-100-python.tar.gz');
}

const SPLITS = ['train', 'test', 'val', 'valid', 'validation'];

/**
 * FOLDER/train, or FOLDER/test, else FOLDER/val (valid, validation), where those hold folders of classes; else FOLDER. One of them alone is a
 * split only where FOLDER has no other folders: a train is a class of vehicles too.
 */
function splitFolder(path: string, split: 'train' | 'test'): string {
  const folders = visibleFolders(path);
  const splits = SPLITS.filter((name) => folders.includes(name) && holdsClasses(join(path, name)));
  const [train, held] = [splits.find((name) => name === 'train'), splits.find((name) => name !== 'train')];
  const only = folders.every((name) => SPLITS.includes(name));
  if (!(train && held) && !(splits.length > 0 && only)) return path;
  const found = split === 'train' ? train : held;
  if (found) return join(path, found);
  throw new ClipError(`${path} has no split ${split}`, {
    expected: split === 'train' ? 'a folder train' : 'a folder test, val, valid or validation',
    got: splits.join(', '),
    hint: 'with folders of classes in it',
  });
}
