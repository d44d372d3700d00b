import { PNG } from 'pngjs';
import { expect, it } from 'vitest';
import type { Picture } from '../../src/data/pictures/picture.ts';
import { contactSheet } from '../../src/figure/contact-sheet.ts';

function plain(red: number, green: number, blue: number): Picture {
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => [red, green, blue][i % 3]!);
  return { mode: 'RGB', width: 32, height: 32, data };
}

function count(png: PNG, [red, green, blue]: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < png.data.length; i += 4) {
    if (png.data[i] === red && png.data[i + 1] === green && png.data[i + 2] === blue) found += 1;
  }
  return found;
}

const colours = [
  [200, 10, 10],
  [10, 200, 10],
  [10, 10, 200],
] as [number, number, number][];

it('shows every picture whole, at its side, in rows', () => {
  const tiles = colours.map((colour, i) => ({ picture: plain(...colour), caption: `colour ${i}` }));
  const png = PNG.sync.read(Buffer.from(contactSheet(tiles, { title: 'Three', columns: 2, side: 64 })));
  for (const colour of colours) expect(count(png, colour)).toBe(64 * 64);
  const place = (colour: readonly number[]) => {
    for (let i = 0; ; i += 4) {
      if (colour.every((value, channel) => png.data[i + channel] === value)) return i / 4;
    }
  };
  const [first, second, third] = colours.map(place) as [number, number, number];
  expect(Math.floor(first / png.width)).toBe(Math.floor(second / png.width));
  expect(third % png.width).toBe(first % png.width);
  expect(third).toBeGreaterThan(second);
});

it('frames what is marked, and writes captions', () => {
  const draw = (marked: boolean, caption: string) =>
    PNG.sync.read(
      Buffer.from(
        contactSheet([{ picture: plain(200, 10, 10), caption, marked }], { title: 'One', side: 64 }),
      ),
    );
  const ink = [17, 17, 17];
  // The frame: a square of 76 around one of 70.
  expect(count(draw(true, ''), ink) - count(draw(false, ''), ink)).toBe(76 * 76 - 70 * 70);
  expect(draw(false, 'blue star').data.equals(draw(false, '').data)).toBe(false);
});
