// Curves over one axis: a panel for each quantity, one below the other, as a training is looked at.
import { disc, line, polyline, text, toPng, widthOf } from './svg.ts';

export interface Curve {
  name: string;
  /** CSS's notation. */
  colour: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Of the line, in pixels; 1.8 unless given. A wide one shows under another that covers it. */
  width?: number;
  /** Strokes and gaps in turn, in pixels; a line without gaps unless given. */
  dashes?: string;
}

/** What lies along x: steps from 0, or, with `doubling`, a few numbers each of which is as far on as it is times more. */
export interface Axis {
  caption: string;
  doubling?: boolean;
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

/** The panels share an x axis, from 0 and called `axis` unless that says otherwise → the bytes of a PNG file. */
export function curvesFigure(panels: readonly Panel[], axis: string | Axis): Uint8Array {
  const { caption, doubling = false } = typeof axis === 'string' ? { caption: axis } : axis;
  const xs = panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(([x]) => x)));
  const across = doubling ? doublingScale(xs) : evenScale(Math.max(...xs));
  const rowHeight = TITLE + HEIGHT + BOTTOM;
  const parts = panels.map((panel, i) => drawPanel(panel, i * rowHeight, across));
  const below = panels.length * rowHeight + 4;
  const named = text(caption, LEFT + WIDTH / 2, below, { size: 13, anchor: 'middle' });
  return toPng(LEFT + WIDTH + RIGHT, panels.length * rowHeight + 20, [...parts, named]);
}

/** Where along the width an x is, 0 … 1, and which have a number below them. */
interface Scale {
  place(x: number): number;
  ticks: readonly number[];
  /** Whether each point is of its own, not one of hundreds. */
  dots: boolean;
}

function evenScale(last: number): Scale {
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => (last * i) / TICKS);
  return { place: (x) => x / last, ticks, dots: false };
}

function doublingScale(xs: readonly number[]): Scale {
  const ticks = [...new Set(xs)].sort((a, b) => a - b);
  const [first, last] = [Math.log2(ticks[0]!), Math.log2(ticks.at(-1)!)];
  const margin = 0.06; // or the first and the last point would lie on the edges
  const place = (x: number): number =>
    last === first ? 0.5 : margin + ((1 - 2 * margin) * (Math.log2(x) - first)) / (last - first);
  return { place, ticks, dots: true };
}

function drawPanel({ title, curves, range, label }: Panel, top: number, across: Scale): string {
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(([, y]) => y)));
  const [low, high] = range ?? [0, largest * 1.05];
  const above = top + TITLE;
  const place = ([x, y]: readonly [number, number]): [number, number] => [
    LEFT + WIDTH * across.place(x),
    above + HEIGHT * (1 - (Math.min(high, Math.max(low, y)) - low) / (high - low)),
  ];
  const parts = [text(title, LEFT, top + 22, { size: 14, weight: 'bold' })];
  for (let i = 0; i <= TICKS; i++) {
    const y = low + ((high - low) * i) / TICKS;
    const [, down] = place([0, y]);
    parts.push(
      line([LEFT, down], [LEFT + WIDTH, down], '#e3e7ec'),
      text(label(y), LEFT - 8, down + 4, { size: 12, anchor: 'end' }),
    );
  }
  for (const x of across.ticks) {
    const [left] = place([x, 0]);
    parts.push(text(String(Math.round(x)), left, above + HEIGHT + 18, { size: 12, anchor: 'middle' }));
  }
  for (const { colour, points, width = 1.8, dashes } of curves) {
    parts.push(polyline(points.map(place), colour, width, dashes));
    if (across.dots) parts.push(...points.map((point) => disc(place(point), 3, colour)));
  }
  return [...parts, ...drawNames(curves, top + 22)].join('\n');
}

/** The curves' names in one row, the last one's end at the right edge. */
function drawNames(curves: readonly Curve[], row: number): string[] {
  let left = LEFT + WIDTH;
  return curves.toReversed().map(({ name, colour, dashes }) => {
    left -= Math.ceil(widthOf([name], { size: 12 })) + 22;
    const sample = line([left, row - 4], [left + 16, row - 4], colour, 3, dashes);
    const item = sample + text(name, left + 22, row, { size: 12 });
    left -= 14;
    return item;
  });
}
