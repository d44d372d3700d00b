// A folder by class, FOLDER/CLASS/…/picture.png: the layout of torchvision.datasets.ImageFolder.
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ClipError } from '../../errors.ts';
import { Fingerprint } from './fingerprint.ts';
import type { PictureSet } from './picture-set.ts';

/** Names of files that are pictures. */
export const PICTURE: RegExp = /\.(png|jpe?g|webp|gif)$/i;
const LAYOUT = 'expected FOLDER/CLASS/picture.png, with pictures as PNG, JPEG, WebP or GIF';

/**
 * Every picture below a class's folder, nested or not; names that begin with a dot are passed over, links are followed,
 * once each. Classes are sorted by name and a class's pictures by path, both by UTF-16 code units; a class is named as its
 * folder is, underscores kept. The fingerprint sees the classes' names, and each picture's path inside the folder and size
 * in bytes, so that it survives a copy; it does not see a picture that was exchanged for another of equal size.
 *
 * Errors: no such folder, no class folders, a class without pictures.
 */
export function openFolder(path: string): PictureSet {
  const classes = visibleFolders(path);
  if (classes.length === 0) {
    const loose = readdirSync(path).filter(isVisible).length;
    throw new ClipError(`${path} has no folders of classes`, {
      got: loose === 0 ? 'an empty folder' : `${loose} files and no folder`,
      hint: LAYOUT,
    });
  }
  const files: string[] = [];
  const labels: number[] = [];
  const others = looseFiles(path, classes);
  const fingerprint = new Fingerprint();
  const above = withFoldersAbove(realpathSync(path));
  classes.forEach((name, label) => {
    const found = picturesBelow(path, name, new Set(above), others).sort(byCodeUnits);
    if (found.length === 0) {
      throw new ClipError(`${path}: the class ${name} has no pictures`, {
        got: 'an empty folder, or one without PNG, JPEG, WebP and GIF files',
        hint: 'add pictures or remove the folder',
      });
    }
    fingerprint.add(name);
    for (const file of found) {
      files.push(file);
      labels.push(label);
      fingerprint.add(file).add([sizeOf(join(path, file))]);
    }
  });
  return {
    name: path,
    count: files.length,
    fingerprint: `${fingerprint}`,
    classes,
    labels: Int32Array.from(labels),
    notes: notesOf(path, others, `${FORMATS} of a class`),
    source: (index) => ({ path: join(path, at(files, index)) }),
  };
}

/**
 * Every picture in a folder and below, whatever the folders are called: pictures without labels. Throws ClipError where
 * there is none.
 */
export function openUnlabelled(path: string): PictureSet {
  const others: string[] = [];
  const files = picturesBelow(path, '.', new Set(), others).sort(byCodeUnits);
  if (files.length === 0) {
    throw new ClipError(`${path} has no pictures`, { expected: 'PNG, JPEG, WebP or GIF files' });
  }
  const fingerprint = new Fingerprint();
  for (const file of files) fingerprint.add(file).add([sizeOf(join(path, file))]);
  return {
    name: path,
    count: files.length,
    fingerprint: `${fingerprint}`,
    notes: notesOf(path, others, FORMATS),
    source: (index) => ({ path: join(path, at(files, index)) }),
  };
}

/** Files beside the folders of classes: of no class. */
function looseFiles(path: string, folders: readonly string[]): string[] {
  return listed(path).flatMap(({ name }) => (isVisible(name) && !folders.includes(name) ? [name] : []));
}

const LISTED = 3;
const FORMATS = 'PNG, JPEG, WebP or GIF';

function notesOf(path: string, others: readonly string[], what: string): string[] {
  if (others.length === 0) return [];
  const some = others
    .slice(0, LISTED)
    .map((name) => name.replace(/^\.\//, ''))
    .join(', ');
  const more = others.length > LISTED ? ', …' : '';
  return [`${path}: ${others.length} files are no ${what} and are passed over: ${some}${more}`];
}

/** The element, or a ClipError where there is none. */
export function at<T>(list: readonly T[], index: number): T {
  if (Number.isInteger(index) && index >= 0 && index < list.length) return list[index]!;
  throw new ClipError('picture index', { expected: `0…${list.length - 1}`, got: index });
}

/** Bytes of a file; −1 where there is none. */
export function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
  } catch {
    return -1; // a name no file can have, or a folder that may not be entered: found when it is decoded
  }
}

/** The folders in a folder, links to folders too, sorted by name. */
export function visibleFolders(path: string): string[] {
  return listed(path)
    .filter((entry) => isVisible(entry.name) && kindOf(entry, join(path, entry.name)) === 'folder')
    .map(({ name }) => name)
    .sort(byCodeUnits);
}

/** Whether a folder has folders in it, and no pictures beside them. */
export function holdsClasses(path: string): boolean {
  const isPicture = ({ name }: { name: string }) => isVisible(name) && PICTURE.test(name);
  return visibleFolders(path).length > 0 && !listed(path).some((entry) => entry.isFile() && isPicture(entry));
}

const isVisible = (name: string): boolean => !name.startsWith('.');

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type Entry = ReturnType<typeof listed>[number];

function listed(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'no such folder',
      ENOTDIR: 'a file',
      EACCES: 'no permission to read it',
      ELOOP: 'a link to itself',
    };
    throw new ClipError(path, { expected: 'a folder', got: reasons[code ?? ''] ?? message, hint: LAYOUT });
  }
}

function kindOf(entry: Entry, path: string): 'folder' | 'file' | undefined {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  if (!entry.isSymbolicLink()) return undefined; // a device or a pipe
  try {
    const target = statSync(path);
    return target.isDirectory() ? 'folder' : target.isFile() ? 'file' : undefined;
  } catch {
    return 'file'; // a link to nothing, or to itself: a picture that is missing, which decoding will say
  }
}

/** A folder and all above it: a link to one of them leads out of the class. */
function withFoldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...withFoldersAbove(above)];
}

/** Paths of the pictures below root/folder, as seen from root, and in `others` of what is none; `visited` is not entered again. */
function picturesBelow(root: string, folder: string, visited: Set<string>, others: string[]): string[] {
  const real = realpathSync(join(root, folder));
  if (visited.has(real)) return [];
  visited.add(real);
  const found: string[] = [];
  // Sorted, so that of two links to one folder the same one is entered everywhere.
  for (const entry of listed(join(root, folder)).sort((a, b) => byCodeUnits(a.name, b.name))) {
    if (!isVisible(entry.name)) continue;
    const path = `${folder}/${entry.name}`;
    const kind = kindOf(entry, join(root, path));
    if (kind === 'folder') for (const below of picturesBelow(root, path, visited, others)) found.push(below);
    else if (kind === 'file') (PICTURE.test(entry.name) ? found : others).push(path);
  }
  return found;
}
