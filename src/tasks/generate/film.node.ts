// The run of a generation as a film: a GIF that moves, or a PNG with its pictures side by side.
import sharp from 'sharp';
import type { Picture } from '../../data/pictures/picture.ts';
import { ClipError } from '../../errors.ts';
import { contactSheet } from '../../figure/contact-sheet.ts';

/** A picture on the way, after so many steps. */
export interface Frame {
  readonly step: number;
  readonly picture: Picture;
}

const DELAY = 80; // ms a frame of the GIF
const REST = 1500; // ms that its last one stays
const COLUMNS = 8;

/** What a film's name says it is. Throws ClipError for another ending. */
export function filmKind(path: string): 'gif' | 'png' {
  const kind = /\.(gif|png)$/i.exec(path)?.[1]?.toLowerCase();
  if (kind) return kind as 'gif' | 'png';
  throw new ClipError('a film', { expected: 'a name that ends in .gif or .png', got: path });
}

/** The steps after which a film has a frame: dense at first, when most happens, the last always among them. */
export function filmSteps(kind: 'gif' | 'png', steps: number): Set<number> {
  const frames = kind === 'gif' ? 32 : COLUMNS;
  return new Set(
    Array.from({ length: frames }, (_, i) => Math.max(1, Math.round(steps * ((i + 1) / frames) ** 2))),
  );
}

/** Frames of one size → the bytes of the film. `text` stands over a strip of pictures. */
export async function makeFilm(
  kind: 'gif' | 'png',
  frames: readonly Frame[],
  text: string,
): Promise<Uint8Array> {
  if (kind === 'png') {
    const tiles = frames.map(({ step, picture }) => ({ picture, caption: `step ${step}` }));
    return contactSheet(tiles, { title: text, columns: COLUMNS, side: 112 });
  }
  const { width, height } = frames[0]!.picture;
  const pixels = Buffer.concat(frames.map(({ picture }) => picture.data as Uint8Array));
  const raw = { width, height: height * frames.length, channels: 3 as const, pageHeight: height };
  const delay = frames.map((_, i) => (i === frames.length - 1 ? REST : DELAY));
  return sharp(pixels, { raw, limitInputPixels: false }).gif({ delay, loop: 0, effort: 7 }).toBuffer();
}
