// A matrix of numbers with what stands at its sides: texts at the left; pictures above, as in OpenAI's notebook
// "Interacting with CLIP", or texts. Each cell has its number and a colour for it.
import type { Picture } from '../data/pictures/picture.ts';
import { blues, css, isLight, rangeOf, shareOf } from './colour-map.ts';
import { image, rectangle, shorten, text, toPng, widthOf } from './svg.ts';

export interface Matrix {
  title: string;
  /** The line under the title. */
  note?: string;
  rows: readonly string[];
  columns: readonly { picture?: Picture; caption: string }[];
  /** [rows][columns] */
  values: readonly (readonly number[])[];
  /** Whether to frame each column's largest number. */
  marksBest?: boolean;
}

const MARGIN = 28;
const HEADER = 78;
const PICTURE_CELL = { width: 104, height: 40 };
const TEXT_CELL = { width: 54, height: 34 };
const SMALL_CELLS = 24; // columns over which cells have no room for a number
const LETTERS = { size: 14 };
const LONGEST_LABEL = 44; // in characters
const INK = '#111';

/** Matrices below one another → the bytes of a PNG file. */
export function matrixFigure(matrices: readonly Matrix[]): Uint8Array {
  const drawn: { parts: string[]; width: number }[] = [];
  let top = 0;
  for (const matrix of matrices) {
    const { height, ...one } = draw(matrix, top);
    drawn.push(one);
    top += height;
  }
  const width = Math.max(...drawn.map((one) => one.width));
  return toPng(
    width,
    top,
    drawn.flatMap(({ parts }) => parts),
  );
}

function draw(
  { title, note, rows, columns, values, marksBest = false }: Matrix,
  start: number,
): { parts: string[]; width: number; height: number } {
  const names = rows.map((row) => shorten(row, LONGEST_LABEL));
  const heads = columns.map(({ caption }) => shorten(caption, LONGEST_LABEL));
  const hasPictures = columns.some(({ picture }) => picture);
  const { width: across, height: down } = hasPictures ? PICTURE_CELL : TEXT_CELL;
  const left = Math.ceil(MARGIN + widthOf(names, LETTERS) + 14);
  const above = hasPictures ? across + 6 : Math.ceil(widthOf(heads, LETTERS)) + 14;
  const top = start + HEADER + above;
  const range = rangeOf(values.flat());
  const parts = [text(title, MARGIN, start + 40, { size: 20, weight: 'bold' })];
  if (note) parts.push(text(note, MARGIN, start + 62, { size: 13, fill: '#666' }));

  columns.forEach(({ picture }, column) => {
    const x = left + column * across;
    if (picture) {
      const side = across - 8;
      parts.push(rectangle(x + 3, top - above - 1, side + 2, side + 2, '#ddd')); // a white picture ends somewhere
      parts.push(image(picture, x + 4, top - above, side));
    } else {
      parts.push(
        `<g transform="translate(${x + across / 2 + 5} ${top - 8}) rotate(-90)">${text(heads[column]!, 0, 0, LETTERS)}</g>`,
      );
    }
  });
  rows.forEach((_, row) => {
    const middle = top + (row + 0.5) * down;
    parts.push(text(names[row]!, left - 10, middle + 5, { ...LETTERS, anchor: 'end' }));
    columns.forEach((_, column) => {
      const value = values[row]![column]!;
      const colour = blues(shareOf(value, range));
      const [x, y] = [left + column * across, top + row * down];
      parts.push(rectangle(x + 1, y + 1, across - 2, down - 2, css(colour)));
      if (columns.length > SMALL_CELLS) return;
      const ink = isLight(colour) ? INK : '#fff';
      const style = { size: 13, anchor: 'middle', fill: ink } as const;
      parts.push(text(value.toFixed(2).replace(/^-(0\.00)$/, '$1'), x + across / 2, middle + 5, style));
    });
  });
  if (marksBest) {
    columns.forEach((_, column) => {
      const ofColumn = values.map((row) => row[column]!);
      const best = ofColumn.indexOf(Math.max(...ofColumn));
      parts.push(frame(left + column * across, top + best * down, across, down));
    });
  }
  const height = HEADER + above + rows.length * down + MARGIN;
  const titled = MARGIN + widthOf([title], { size: 20, weight: 'bold' });
  const noted = note ? MARGIN + widthOf([note], { size: 13 }) : 0;
  const width = Math.max(left + columns.length * across, titled, noted) + MARGIN;
  return { parts, width: Math.ceil(width), height };
}

function frame(x: number, y: number, width: number, height: number): string {
  return `<rect x="${x + 2}" y="${y + 2}" width="${width - 4}" height="${height - 4}" fill="none" stroke="${INK}" stroke-width="2.5"/>`;
}
