// Pictures wherever they are, for whoever asks nothing but the pictures: files, folders, tables, the sets that have a name.
import { statSync } from 'node:fs';
import { ClipError } from '../../errors.ts';
import { Fingerprint } from './fingerprint.ts';
import { at, openUnlabelled, PICTURE } from './folder.node.ts';
import { isCifar, openPictureSet } from './open.node.ts';
import type { PictureSet } from './picture-set.ts';
import { openTable } from './table.node.ts';

const HINT = 'give PNG, JPEG, WebP or GIF files, folders, a .csv, .tsv or .jsonl file, shapes or cifar100';

/**
 * Opens all of them as one set, in the order of `specs`: a picture's file; a folder with all that is below it, by path; a
 * table with a column of pictures; `shapes`, `cifar100` and paths to CIFAR-100, of which `split` is taken. Classes are
 * those of a single spec that has some. Throws ClipError where there is no such thing, or no picture in it.
 */
export async function openPictures(specs: readonly string[], split: 'train' | 'test'): Promise<PictureSet> {
  const sets: PictureSet[] = [];
  for (const spec of specs) sets.push(await openOne(spec, split));
  const [first, ...others] = sets;
  if (!first) throw new ClipError('no pictures', { hint: HINT });
  return others.length === 0 ? first : joined(sets);
}

async function openOne(spec: string, split: 'train' | 'test'): Promise<PictureSet> {
  if (spec === 'shapes' || spec === 'cifar100') return openPictureSet(spec, split);
  const info = statSync(spec, { throwIfNoEntry: false });
  if (!info) throw new ClipError(spec, { expected: 'pictures', got: 'no such file or folder', hint: HINT });
  if (isCifar(spec, info.isDirectory())) return openPictureSet(spec, split);
  if (info.isDirectory()) return openUnlabelled(spec);
  if (/\.(csv|tsv|jsonl)$/i.test(spec)) return openTable(spec, true);
  if (!PICTURE.test(spec))
    throw new ClipError(spec, { expected: 'pictures', got: 'another file', hint: HINT });
  const fingerprint = `${new Fingerprint().add(spec).add([info.size])}`;
  return { name: spec, count: 1, fingerprint, source: () => ({ path: spec }) };
}

function joined(sets: readonly PictureSet[]): PictureSet {
  const fingerprint = new Fingerprint();
  const places: [set: PictureSet, index: number][] = [];
  for (const set of sets) {
    fingerprint.add(set.fingerprint);
    for (let index = 0; index < set.count; index++) places.push([set, index]);
  }
  return {
    name:
      sets.length > 3
        ? `${sets[0]!.name} and ${sets.length - 1} more`
        : sets.map(({ name }) => name).join(', '),
    count: places.length,
    fingerprint: `${fingerprint}`,
    notes: sets.flatMap(({ notes = [] }) => notes),
    source: (index) => {
      const [set, inSet] = at(places, index);
      return set.source(inSet);
    },
  };
}

/** What a picture of the set is called: its path, or the set's name and its number in it. */
export function pictureName(set: PictureSet, index: number): string {
  const source = set.source(index);
  return 'path' in source ? source.path : `${set.name}[${index}]`;
}
