// What may be indexed → what there is to encode: pictures with their labels and captions, and texts.
import { statSync } from 'node:fs';
import { normalize } from 'node:path';
import { Fingerprint } from '../../data/sets/fingerprint.ts';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { openPictures, pictureName } from '../../data/sets/pictures.node.ts';
import { readTexts } from '../../data/sets/texts.node.ts';
import type { Row } from './store.node.ts';

/** One of the things given, opened. */
export interface Source {
  readonly spec: string;
  readonly pictures: PictureSet | undefined;
  /** Each once. */
  readonly texts: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Opens a folder with pictures (and all below it), one picture, a table with a column of pictures (its captions are texts
 * too), `shapes` and `cifar100` (of which `split` is taken), or a .txt file with one text a line. Throws ClipError where
 * there is no such thing, or nothing in it.
 */
export async function openSource(spec: string, split: 'train' | 'test'): Promise<Source> {
  const name = isNamed(spec) ? `${spec} ${split}` : normalize(spec).replace(/(?<=.)[\\/]$/, '');
  if (/\.txt$/i.test(spec)) {
    const texts = new Set(readTexts(spec).filter((text) => text.trim() !== ''));
    return { spec: name, pictures: undefined, texts: [...texts], notes: [] };
  }
  const set = await openPictures([isNamed(spec) ? spec : name], split);
  const texts = new Set<string>();
  if (set.captions) {
    for (let i = 0; i < set.count; i++) for (const caption of set.captions(i)) texts.add(caption);
  }
  return { spec: name, pictures: set, texts: [...texts], notes: set.notes ?? [] };
}

const isNamed = (spec: string): boolean => spec === 'shapes' || spec === 'cifar100';

/** What is stored of picture `index`. */
export function pictureRow(set: PictureSet, spec: string, index: number): Row {
  const label = set.classes?.[set.labels![index]!];
  const caption = set.captions?.(index).join(' / ');
  const said = new Fingerprint().add(label ?? '').add(caption ?? '');
  const source = set.source(index);
  // Of a picture in memory only its set can tell: a file's time and size say more, and no file is read for them.
  const seen = 'path' in source ? fileStamp(source.path) : set.fingerprint;
  return { id: pictureName(set, index), stamp: `${seen} ${said}`, source: spec, label, caption };
}

function fileStamp(path: string): string {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    return info ? `${info.size} ${info.mtimeMs}` : 'gone';
  } catch {
    return 'unknown'; // found when it is decoded
  }
}

/** What is stored of a text: it is its own name, so that none is there twice and none ever changes. */
export function textRow(spec: string, text: string): Row {
  return { id: text, stamp: '', source: spec, caption: text };
}
