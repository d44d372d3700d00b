// Pictures over their captions, as a PNG.
import { readPicture } from '../../data/pictures/decode.node.ts';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { contactSheet } from '../../figure/contact-sheet.ts';
import type { CaptionedPicture } from './caption-pictures.node.ts';

const COLUMNS = 4;
/** Of a picture on the sheet, in pixels: wide enough for a caption of fourteen words. */
const SIDE = 330;

/** → the bytes of a PNG file. */
export async function captionFigure(
  set: PictureSet,
  captioned: readonly CaptionedPicture[],
  title = 'Captions',
): Promise<Uint8Array> {
  const tiles = await Promise.all(
    captioned.map(async ({ index, caption }) => {
      const source = set.source(index);
      return { picture: 'path' in source ? await readPicture(source.path) : source.picture, caption };
    }),
  );
  return contactSheet(tiles, { title, note: `of ${set.name}`, columns: COLUMNS, side: SIDE });
}
