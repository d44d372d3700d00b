import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { curvesFigure } from '../../src/figure/curves-figure.ts';
import { scatterFigure } from '../../src/figure/scatter-figure.ts';

/** The middle of the pixels of a colour, in a part of the picture; NaN where there are none. */
function middle(png: PNG, colour: readonly number[], inside: (x: number, y: number) => boolean = () => true) {
  let [count, x, y] = [0, 0, 0];
  for (let i = 0; i < png.data.length; i += 4) {
    const [left, top] = [(i / 4) % png.width, Math.floor(i / 4 / png.width)];
    if (!colour.every((value, channel) => Math.abs(value - png.data[i + channel]!) < 8)) continue;
    if (!inside(left, top)) continue;
    count += 1;
    x += left;
    y += top;
  }
  return { count, x: x / count, y: y / count };
}

const BLUE = [0x2f, 0x6f, 0xb5];
const ORANGE = [0xd9, 0x82, 0x2b];
const draw = (figure: Uint8Array): PNG => PNG.sync.read(Buffer.from(figure));

test('the ring is around the point it marks, and a larger y is higher', () => {
  const points = [
    { x: 0.9, y: 0.3, label: '0' },
    { x: 0.85, y: 0.6, label: '0.5' },
    { x: 0.5, y: 0.7, label: '1' },
  ];
  const ringAt = (point: number) =>
    middle(
      draw(scatterFigure({ title: 'Between', axes: ['x', 'y'], points, marked: { point, meaning: 'best' } })),
      ORANGE,
      (_, y) => y > 44, // not the one beside the title
    );
  const [first, last] = [ringAt(0), ringAt(2)];
  expect(first.count).toBeGreaterThan(50);
  expect(first.x).toBeGreaterThan(last.x + 200);
  expect(first.y).toBeGreaterThan(last.y + 200);
  // Without a mark there is no ring; the points are there.
  const plain = draw(scatterFigure({ title: 'Between', axes: ['x', 'y'], points }));
  expect(middle(plain, ORANGE).count).toBe(0);
  expect(middle(plain, BLUE).count).toBeGreaterThan(90);
});

test('equal points, and all of them right, are drawn too', () => {
  const points = [0, 1].map((alpha) => ({ x: 1, y: 1, label: `${alpha}` }));
  expect(
    middle(draw(scatterFigure({ title: 'Flat', axes: ['x', 'y'], points })), BLUE).count,
  ).toBeGreaterThan(30);
});

test('doublings are equally far apart', () => {
  const at = (x: number) => {
    const curves = [1, 2, 4, 16].map((k) => ({
      name: '',
      colour: k === x ? '#d9822b' : '#ffffff',
      points: [[k, 0.5] as const],
    }));
    const panel = { title: 'Accuracy', curves, range: [0, 1] as const, label: String };
    return middle(draw(curvesFigure([panel], { caption: 'k', doubling: true })), ORANGE, (_, y) => y > 40).x;
  };
  const [one, two, four, sixteen] = [1, 2, 4, 16].map(at) as [number, number, number, number];
  expect(two - one).toBeGreaterThan(50);
  expect(Math.abs(four - two - (two - one))).toBeLessThan(1.5);
  expect(Math.abs(sixteen - four - 2 * (two - one))).toBeLessThan(1.5);
});
