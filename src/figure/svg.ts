// Drawings as SVG text, turned into PNG. The letters come from DejaVu Sans as npm ships it, never from the system,
// so that a figure looks the same on every machine.
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { convertToRgb } from '../data/pictures/convert.ts';
import { encodePng } from '../data/pictures/encode-png.node.ts';
import { bilinear } from '../data/pictures/kernel.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { resize } from '../data/pictures/resize.ts';

const require = createRequire(import.meta.url);
const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
);
const FONT = { loadSystemFonts: false, fontFiles: FONTS, defaultFontFamily: 'DejaVu Sans' };

export interface TextStyle {
  size: number;
  anchor?: 'start' | 'middle' | 'end';
  weight?: 'normal' | 'bold';
  fill?: string;
  /** An edge of this colour around the letters, so that they are read over lines. */
  halo?: string;
}

export type Point = readonly [x: number, y: number];

/** One line of text, its baseline's left end, middle or right end at x, y. */
export function text(content: string, x: number, y: number, style: TextStyle): string {
  const { size, anchor = 'start', weight = 'normal', fill = '#222', halo } = style;
  const look = `font-size="${size}" text-anchor="${anchor}" font-weight="${weight}"`;
  const written = (more: string): string =>
    `<text x="${x}" y="${y}" ${look} ${more}>${escapeXml(content)}</text>`;
  const edge = halo ? written(`fill="none" stroke="${halo}" stroke-width="4" stroke-linejoin="round"`) : '';
  return edge + written(`fill="${fill}"`);
}

export function rectangle(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}

/** `dashes`: the lengths of strokes and gaps in turn; no gaps unless given. */
export function line(
  [x1, y1]: Point,
  [x2, y2]: Point,
  colour: string,
  width = 1,
  dashes?: string | undefined,
): string {
  const look = `stroke="${colour}" stroke-width="${width}"${dashes ? ` stroke-dasharray="${dashes}"` : ''}`;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${look}/>`;
}

/** `dashes`: as a line's. */
export function polyline(
  points: readonly Point[],
  colour: string,
  width: number,
  dashes?: string | undefined,
): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const look = `stroke="${colour}" stroke-width="${width}"${dashes ? ` stroke-dasharray="${dashes}"` : ''}`;
  return `<polyline points="${path}" fill="none" ${look} stroke-linejoin="round"/>`;
}

export function disc([x, y]: Point, radius: number, colour: string): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${colour}"/>`;
}

export function ring([x, y]: Point, radius: number, colour: string, width: number): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${colour}" stroke-width="${width}"/>`;
}

/** A picture drawn as large as fits into a square of `side`, its pixels blended (bilinear), centred. */
export function image(picture: Picture, x: number, y: number, side: number): string {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width, picture.height].map((length) =>
    Math.max(1, Math.round(length * scale)),
  );
  const pixels = resize(convertToRgb(picture), width!, height!, bilinear);
  const png = Buffer.from(encodePng(pixels.data as Uint8Array, width!, height!)).toString('base64');
  const place = `x="${x + Math.floor((side - width!) / 2)}" y="${y + Math.floor((side - height!) / 2)}"`;
  return `<image ${place} width="${width}" height="${height}" href="data:image/png;base64,${png}"/>`;
}

/** How wide the widest of some lines of text is, in pixels. */
export function widthOf(lines: readonly string[], style: TextStyle): number {
  const svg = document(1, 1, lines.map((line) => text(line, 0, 0, style)).join(''));
  return new Resvg(svg, { font: FONT }).getBBox()?.width ?? 0;
}

/** A drawing on white, width × height pixels → the bytes of a PNG file. */
export function toPng(width: number, height: number, parts: readonly string[]): Uint8Array {
  const svg = document(width, height, [rectangle(0, 0, width, height, '#fff'), ...parts].join('\n'));
  return new Resvg(svg, { font: FONT }).render().asPng();
}

function document(width: number, height: number, content: string): string {
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="DejaVu Sans">${content}</svg>`;
}

/** At most `length` characters, the rest told by an ellipsis. */
export function shorten(content: string, length: number): string {
  const characters = [...content];
  return characters.length <= length ? content : `${characters.slice(0, length - 1).join('')}…`;
}

/** Text as XML may hold it; what XML cannot hold becomes U+FFFD. */
function escapeXml(content: string): string {
  return content
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
