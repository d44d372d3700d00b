// What a search found, drawn: the pictures asked by first and marked, then those found, each over its score and what it is.
import { readPicture } from '../../data/pictures/decode.node.ts';
import type { Picture } from '../../data/pictures/picture.ts';
import { openPictureSet } from '../../data/sets/open.node.ts';
import { ClipError } from '../../errors.ts';
import { contactSheet } from '../../figure/contact-sheet.ts';
import type { SearchHit } from './search-index.node.ts';

export interface SearchSheet {
  /** What was asked. */
  title: string;
  /** The pictures among it. */
  asked: readonly { name: string; picture: Picture }[];
  hits: readonly SearchHit[];
  /** Called with pictures that are where they were indexed no more: they are left grey. */
  onNote?: (note: string) => void;
}

/** → the bytes of a PNG file. */
export async function searchSheet({ title, asked, hits, onNote }: SearchSheet): Promise<Uint8Array> {
  const tiles = asked.map(({ name, picture }) => ({ picture, caption: name, marked: true }));
  for (const { id, score, label, caption } of hits) {
    const picture = await pictureOf(id).catch((error: Error) => {
      onNote?.(`not drawn: ${error.message}`);
      return GONE;
    });
    tiles.push({ picture, caption: `${score.toFixed(3)} ${label ?? caption ?? tail(id)}`, marked: false });
  }
  const columns = Math.min(10, Math.max(5, Math.ceil(tiles.length / 2)));
  return contactSheet(tiles, {
    title,
    note: 'the nearest by cosine',
    columns,
    side: 112,
    ...(asked.length > 0 && { mark: 'asked by' }),
  });
}

const GONE: Picture = { mode: 'L', width: 1, height: 1, data: Uint8Array.of(221) };

/** The picture that an index calls `id`: a file, or number N of a data set's split, as in `shapes test[3]`. */
export async function pictureOf(id: string): Promise<Picture> {
  const [, spec, split, index] = /^(.+) (train|test)\[(\d+)\]$/.exec(id) ?? [];
  if (spec === undefined) return readPicture(id);
  const source = (await openPictureSet(spec, split as 'train' | 'test')).source(Number(index));
  if ('picture' in source) return source.picture;
  throw new ClipError(id, { expected: 'a picture of a data set', got: 'a file' });
}

function tail(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}
