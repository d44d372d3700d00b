// The article's visualisation: the picture, bilinear, no axes, a title above.
import type { Picture } from '../data/pictures/picture.ts';
import { image, text, toPng } from './svg.ts';

const SIDE = 448;
const MARGIN = 24;
const TITLE = 44; // height of the line above the picture

/** The picture under its title → the bytes of a PNG file. */
export function pictureFigure(picture: Picture, title: string): Uint8Array {
  const width = SIDE + 2 * MARGIN;
  return toPng(width, TITLE + SIDE + MARGIN, [
    text(title, width / 2, 31, { size: 20, anchor: 'middle' }),
    image(picture, MARGIN, TITLE, SIDE),
  ]);
}
