import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { confusionFigure } from '../../src/figure/confusion-figure.ts';
import { curvesFigure } from '../../src/figure/curves-figure.ts';

/** Where pixels of a colour are, roughly: their middle, and how many. */
function find(png: PNG, is: (red: number, green: number, blue: number) => boolean) {
  let [count, x, y] = [0, 0, 0];
  for (let i = 0; i < png.data.length; i += 4) {
    if (!is(png.data[i]!, png.data[i + 1]!, png.data[i + 2]!)) continue;
    count += 1;
    x += (i / 4) % png.width;
    y += Math.floor(i / 4 / png.width);
  }
  return { count, x: x / count, y: y / count };
}

test('a curve that falls is drawn from the upper left to the lower right', () => {
  const drawn = (points: [number, number][]) => {
    const curves = [{ name: 'loss', colour: '#ff0000', points }];
    return PNG.sync.read(Buffer.from(curvesFigure([{ title: 'Loss', curves, label: String }], 'step')));
  };
  const isRed = (red: number, green: number, blue: number) => red > 200 && green < 80 && blue < 80;
  const high = find(
    drawn([
      [0, 9],
      [1, 9],
      [50, 9],
      [100, 0],
    ]),
    isRed,
  ); // mostly at the top
  const low = find(
    drawn([
      [0, 9],
      [1, 0],
      [50, 0],
      [100, 0],
    ]),
    isRed,
  );
  expect(high.count).toBeGreaterThan(100);
  expect(low.y).toBeGreaterThan(high.y + 50);
});

test('right answers lie on the diagonal in blue, wrong ones beside it in red, held-out rows are marked', () => {
  const counts = [
    [9, 1, 0, 0],
    [0, 10, 0, 0],
    [0, 0, 10, 0],
    [10, 0, 0, 0],
  ];
  const marked = { rows: [false, false, true, false], meaning: 'never trained on' };
  const png = PNG.sync.read(
    Buffer.from(confusionFigure({ title: 'Four', counts, groups: ['warm', 'cool'], marked })),
  );
  const cell = 150 ** 2;
  const blue = find(png, (r, g, b) => b > 120 && r < 90 && g < 140);
  const red = find(png, (r, g, b) => r > 190 && g < 60 && b < 70);
  expect(blue.count / cell).toBeGreaterThan(2.8); // three cells, one a little paler
  expect(blue.count / cell).toBeLessThan(3.1);
  expect(red.count / cell).toBeGreaterThan(0.9); // the last row's: all of its pictures
  expect(red.x).toBeLessThan(blue.x);
  expect(red.y).toBeGreaterThan(blue.y);
  expect(find(png, (r, g, b) => r === 0xd9 && g === 0x82 && b === 0x2b).count).toBeGreaterThan(500);
});
