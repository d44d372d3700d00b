// Many pictures at once: a grid, row by row, each over its caption. Some may be marked, by a frame and a bold caption;
// the header says what the mark means.
import type { Picture } from '../data/pictures/picture.ts';
import { image, rectangle, shorten, text, toPng } from './svg.ts';

export interface SheetTile {
  readonly picture: Picture;
  readonly caption: string;
  readonly marked?: boolean;
}

export interface SheetOptions {
  title: string;
  /** The line under the title. */
  note?: string;
  /** What the mark means, written beside a sample of it. */
  mark?: string;
  columns?: number;
  /** Of a picture on the sheet, in pixels. */
  side?: number;
}

const MARGIN = 28;
const GAP = 18;
const HEADER = 84;
const CAPTION = 26; // height of the line under a picture
const LETTER = 6.6; // about as wide as a letter of 11 pixels gets
const FRAME = 3;
const INK = '#111';
const HAIRLINE = '#ddd'; // so that a white picture ends somewhere

/** → the bytes of a PNG file. */
export function contactSheet(tiles: readonly SheetTile[], options: SheetOptions): Uint8Array {
  const { columns = 10, side = 96 } = options;
  const [acrossPitch, downPitch] = [side + GAP, side + CAPTION + GAP];
  const width = 2 * MARGIN + Math.min(columns, tiles.length) * acrossPitch - GAP;
  const height = HEADER + Math.ceil(tiles.length / columns) * downPitch + MARGIN - GAP;
  const parts = tiles.map((tile, i) =>
    drawTile(tile, MARGIN + (i % columns) * acrossPitch, HEADER + Math.floor(i / columns) * downPitch, side),
  );
  return toPng(width, height, [...header(options, width), ...parts]);
}

function header({ title, note, mark }: SheetOptions, width: number): string[] {
  const parts = [text(title, MARGIN, 40, { size: 20, weight: 'bold' })];
  if (note) parts.push(text(note, MARGIN, 62, { size: 12, fill: '#666' }));
  if (mark) {
    const [left, top] = [width - MARGIN - 14, 50];
    parts.push(frame(left, top, 14), text(mark, left - 14, 62, { size: 12, weight: 'bold', anchor: 'end' }));
  }
  return parts;
}

function drawTile({ picture, caption, marked }: SheetTile, left: number, top: number, side: number): string {
  const style = marked ? ({ weight: 'bold', fill: INK } as const) : ({ fill: '#444' } as const);
  const letters = Math.floor((side + GAP) / LETTER);
  return [
    marked ? frame(left, top, side) : rectangle(left - 1, top - 1, side + 2, side + 2, HAIRLINE),
    image(picture, left, top, side),
    text(shorten(caption, letters), left + side / 2, top + side + 18, {
      size: 11,
      anchor: 'middle',
      ...style,
    }),
  ].join('\n');
}

/** A line around a square, with a little white between the two. */
function frame(left: number, top: number, side: number): string {
  const [outer, inner] = [2 * FRAME, FRAME];
  return [
    rectangle(left - outer, top - outer, side + 2 * outer, side + 2 * outer, INK),
    rectangle(left - inner, top - inner, side + 2 * inner, side + 2 * inner, '#fff'),
  ].join('\n');
}
