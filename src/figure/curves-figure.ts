// Curves over one axis: a panel for each quantity, one below the other, as a training is looked at.
import { line, polyline, text, toPng } from './svg.ts';

export interface Curve {
  name: string;
  /** CSS's notation. */
  colour: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  title: string;
  curves: readonly Curve[];
  /** The values at the bottom and at the top; 0 and a little over the largest unless given. */
  range?: readonly [low: number, high: number];
  /** How a value is written beside the axis. */
  label: (y: number) => string;
}

const WIDTH = 560;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 24;
const TITLE = 40;
const BOTTOM = 34;
const TICKS = 5;

/** The panels share an x axis from 0, called `axis` → the bytes of a PNG file. */
export function curvesFigure(panels: readonly Panel[], axis: string): Uint8Array {
  const xs = panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(([x]) => x)));
  const last = Math.max(...xs);
  const rowHeight = TITLE + HEIGHT + BOTTOM;
  const parts = panels.map((panel, i) => drawPanel(panel, i * rowHeight, last));
  const caption = text(axis, LEFT + WIDTH / 2, panels.length * rowHeight + 4, { size: 13, anchor: 'middle' });
  return toPng(LEFT + WIDTH + RIGHT, panels.length * rowHeight + 20, [...parts, caption]);
}

function drawPanel({ title, curves, range, label }: Panel, top: number, last: number): string {
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(([, y]) => y)));
  const [low, high] = range ?? [0, largest * 1.05];
  const above = top + TITLE;
  const place = ([x, y]: readonly [number, number]): [number, number] => [
    LEFT + (WIDTH * x) / last,
    above + HEIGHT * (1 - (Math.min(high, Math.max(low, y)) - low) / (high - low)),
  ];
  const parts = [text(title, LEFT, top + 22, { size: 14, weight: 'bold' })];
  for (let i = 0; i <= TICKS; i++) {
    const [x, y] = [(last * i) / TICKS, low + ((high - low) * i) / TICKS];
    const [across, down] = place([x, y]);
    parts.push(
      line([LEFT, down], [LEFT + WIDTH, down], '#e3e7ec'),
      text(label(y), LEFT - 8, down + 4, { size: 12, anchor: 'end' }),
      text(String(Math.round(x)), across, above + HEIGHT + 18, { size: 12, anchor: 'middle' }),
    );
  }
  curves.forEach(({ name, colour, points }, i) => {
    const right = LEFT + WIDTH;
    const row = top + 22;
    const nameLeft = right - (curves.length - i) * 150 + 24;
    parts.push(
      polyline(points.map(place), colour, 1.8),
      line([nameLeft - 22, row - 4], [nameLeft - 6, row - 4], colour, 3),
      text(name, nameLeft, row, { size: 12 }),
    );
  });
  return parts.join('\n');
}
