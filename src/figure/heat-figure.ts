// Heat over pictures: a row for each, the picture first, then its maps. A map [g][g] is blended smoothly over the grey of
// the picture, so that no colour of the picture is taken for heat; a ring marks the hottest patch.
import { cropPicture } from '../data/pictures/crop.ts';
import { bicubic } from '../data/pictures/kernel.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { resize } from '../data/pictures/resize.ts';
import { css, inferno, rangeOf, shareOf } from './colour-map.ts';
import { image, rectangle, ring, shorten, text, toPng } from './svg.ts';

export interface HeatRow {
  picture: Picture;
  caption: string;
  maps: readonly { caption: string; heat: readonly (readonly number[])[] }[];
}

export interface HeatOptions {
  title: string;
  /** The line under the title. */
  note?: string;
  /** Whether the maps of a row have one scale, from its least number to its largest, or each its own. */
  scale: 'shared' | 'each';
  /** What is drawn as cold, with all below it (default: the least number). */
  cold?: number;
}

const SIDE = 224;
const GAP = 20;
const MARGIN = 28;
const HEADER = 84;
const CAPTION = 30;
const LEGEND = 46;
const COLUMNS = 6; // maps of one picture go on in another line after so many
const LETTER = 7.6; // about as wide as a letter of 13 pixels gets
const COLD = 0.35; // how much of the grey picture shows through
const LONGEST_TITLE = 90;

/** → the bytes of a PNG file. */
export function heatFigure(rows: readonly HeatRow[], { title, note, scale, cold }: HeatOptions): Uint8Array {
  const most = Math.max(...rows.map(({ maps }) => maps.length));
  const columns = 1 + Math.min(COLUMNS - 1, most);
  const width = 2 * MARGIN + columns * (SIDE + GAP) - GAP;
  const parts = [text(shorten(title, LONGEST_TITLE), MARGIN, 40, { size: 20, weight: 'bold' })];
  if (note) parts.push(text(note, MARGIN, 63, { size: 13, fill: '#666' }));
  let top = HEADER;
  for (const row of rows) {
    const rangeFor = (heat: readonly number[]): [number, number] => {
      const [low, high] = rangeOf(heat);
      return [cold === undefined || cold >= high ? low : cold, high];
    };
    const shared = scale === 'shared' ? rangeFor(row.maps.flatMap(({ heat }) => heat.flat())) : undefined;
    parts.push(tile(row.caption, MARGIN, top), image(square(row.picture), MARGIN, top, SIDE));
    row.maps.forEach(({ caption, heat }, i) => {
      const left = MARGIN + (1 + (i % (COLUMNS - 1))) * (SIDE + GAP);
      const down = top + Math.floor(i / (COLUMNS - 1)) * (SIDE + CAPTION + GAP);
      parts.push(
        tile(caption, left, down),
        image(overlay(row.picture, heat, shared ?? rangeFor(heat.flat())), left, down, SIDE),
        mark(heat, left, down),
      );
    });
    top += Math.ceil(row.maps.length / (COLUMNS - 1)) * (SIDE + CAPTION + GAP);
  }
  parts.push(...legend(MARGIN, top, scale === 'shared' ? 'a row' : 'a map', cold));
  return toPng(width, top + LEGEND, parts);
}

function tile(caption: string, left: number, top: number): string {
  const letters = Math.floor((SIDE + GAP) / LETTER);
  return text(shorten(caption, letters), left + SIDE / 2, top + SIDE + 21, { size: 13, anchor: 'middle' });
}

/** The middle square, as the model sees it, at the size it is drawn in. */
function square(picture: Picture): Picture {
  return { mode: 'RGB', width: SIDE, height: SIDE, data: cropPicture(picture, SIDE) };
}

/** The picture in grey, and the heat's colour over it. */
function overlay(
  picture: Picture,
  heat: readonly (readonly number[])[],
  range: readonly [number, number],
): Picture {
  const { data: pixels } = square(picture);
  const shares = heat.flat().map((value) => Math.round(255 * Math.max(0, shareOf(value, range))));
  const cells = {
    mode: 'L',
    width: heat.length,
    height: heat.length,
    data: Uint8Array.from(shares),
  } as const;
  const { data: smooth } = resize(cells, SIDE, SIDE, bicubic);
  const mixed = new Uint8Array(pixels.length);
  for (let i = 0, at = 0; at < pixels.length; i++, at += 3) {
    const grey = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
    const colour = inferno(smooth[i]! / 255);
    for (let channel = 0; channel < 3; channel++) {
      mixed[at + channel] = Math.round(COLD * grey + (1 - COLD) * colour[channel]!);
    }
  }
  return { mode: 'RGB', width: SIDE, height: SIDE, data: mixed };
}

function mark(heat: readonly (readonly number[])[], left: number, top: number): string {
  const flat = heat.flat();
  const hottest = flat.indexOf(Math.max(...flat));
  const cell = SIDE / heat.length;
  const [x, y] = [(hottest % heat.length) + 0.5, Math.floor(hottest / heat.length) + 0.5];
  const centre = [left + x * cell, top + y * cell] as const;
  return ring(centre, 9, '#000', 4) + ring(centre, 9, '#fff', 2);
}

/** The colours from cold to hot, and what the ring means. */
function legend(left: number, top: number, of: string, cold: number | undefined): string[] {
  const [width, steps] = [160, 80];
  const bar = Array.from({ length: steps }, (_, i) =>
    rectangle(left + 58 + (i * width) / steps, top, width / steps + 0.5, 12, css(inferno(i / (steps - 1)))),
  );
  const style = { size: 12, fill: '#444' };
  const end = left + 58 + width;
  return [
    text(cold === undefined ? 'least' : `≤ ${cold}`, left, top + 11, style),
    ...bar,
    text(`most of ${of}`, end + 12, top + 11, style),
    ring([end + 122, top + 6], 6, '#444', 2),
    text('the hottest patch', end + 136, top + 11, style),
  ];
}
