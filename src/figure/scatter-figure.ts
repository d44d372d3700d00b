// Points that belong together along a path, each with a word beside it: two accuracies as weights go from one model to
// another (Wortsman et al. 2022, figure 1).
import { disc, line, type Point, polyline, ring, shorten, text, toPng, widthOf } from './svg.ts';

export interface ScatterPoint {
  x: number;
  y: number;
  label: string;
}

export interface Scatter {
  title: string;
  /** What is along x and y. */
  axes: readonly [x: string, y: string];
  /** In the order in which the path goes through them. */
  points: readonly ScatterPoint[];
  /** Which of them to ring, and why. */
  marked?: { point: number; meaning: string } | undefined;
}

const SIDE = 440;
const LEFT = 86;
const TOP = 44;
const RIGHT = 40;
const BOTTOM = 56;
const BLUE = '#2f6fb5';
const ORANGE = '#d9822b';
const GRID = '#e3e7ec';
const LETTERS = { size: 12 };
const LONGEST_TITLE = 40; // in characters

/** Shares of 1, drawn as percents → the bytes of a PNG file. */
export function scatterFigure({ title, axes, points, marked }: Scatter): Uint8Array {
  const [across, up] = [scaleFor(points.map(({ x }) => x)), scaleFor(points.map(({ y }) => y))];
  const at = ({ x, y }: { x: number; y: number }): Point => [
    LEFT + SIDE * across.place(x),
    TOP + SIDE * (1 - up.place(y)),
  ];
  const bottom = TOP + SIDE;
  const parts = [text(shorten(title, LONGEST_TITLE), LEFT, 26, { size: 14, weight: 'bold' })];
  for (const tick of across.ticks) {
    const [left] = at({ x: tick, y: 0 });
    parts.push(line([left, TOP], [left, bottom], GRID));
    parts.push(text(across.write(tick), left, bottom + 18, { ...LETTERS, anchor: 'middle' }));
  }
  for (const tick of up.ticks) {
    const [, down] = at({ x: 0, y: tick });
    parts.push(line([LEFT, down], [LEFT + SIDE, down], GRID));
    parts.push(text(up.write(tick), LEFT - 8, down + 4, { ...LETTERS, anchor: 'end' }));
  }
  parts.push(polyline(points.map(at), '#9db8d6', 1.8));
  parts.push(...points.map((point) => disc(at(point), 4, BLUE)));
  if (marked) parts.push(ring(at(points[marked.point]!), 9, ORANGE, 2.5), ...drawMeaning(marked.meaning));
  parts.push(...drawLabels(points, at, marked?.point));
  parts.push(text(axes[0], LEFT + SIDE / 2, bottom + 42, { size: 13, anchor: 'middle' }));
  parts.push(turned(axes[1], 18, TOP + SIDE / 2));
  return toPng(LEFT + SIDE + RIGHT, bottom + BOTTOM, parts);
}

/** A label where no label before it is: the ends of the path and the marked point have the first choice. */
function drawLabels(
  points: readonly ScatterPoint[],
  at: (point: ScatterPoint) => Point,
  marked: number | undefined,
): string[] {
  const first = [0, points.length - 1, ...(marked === undefined ? [] : [marked])];
  const taken: Point[] = [];
  const parts: string[] = [];
  for (const i of new Set([...first, ...points.keys()])) {
    const [x, y] = at(points[i]!);
    if (taken.some(([left, top]) => Math.abs(left - x) < 26 && Math.abs(top - y) < 15)) continue;
    taken.push([x, y]);
    parts.push(text(points[i]!.label, x + 10, y - 7, { ...LETTERS, halo: '#fff' }));
  }
  return parts;
}

function drawMeaning(meaning: string): string[] {
  const left = LEFT + SIDE - widthOf([meaning], LETTERS) - 10;
  return [ring([left - 14, 22], 6, ORANGE, 2.5), text(meaning, left, 26, LETTERS)];
}

interface Scale {
  place(value: number): number;
  ticks: number[];
  write(value: number): string;
}

/** From a round number below the values to one above, in four to eight steps of 1, 2 or 5. */
function scaleFor(values: readonly number[]): Scale {
  const [least, most] = [100 * Math.min(...values), 100 * Math.max(...values)];
  const rough = Math.max(most - least, 2) / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * decade).find((round) => round >= rough)!;
  const low = Math.floor(least / step - 0.2) * step;
  const high = Math.ceil(most / step + 0.2) * step;
  const count = Math.round((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => (low + i * step) / 100);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return {
    place: (value) => (100 * value - low) / (high - low),
    ticks: ticks.filter((tick) => tick > -1e-9 && tick < 1 + 1e-9),
    write: (value) => `${(100 * value).toFixed(digits)}%`,
  };
}

/** Text that reads upwards, its middle at x, y. */
function turned(content: string, x: number, y: number): string {
  return `<g transform="rotate(-90 ${x} ${y})">${text(content, x, y, { size: 13, anchor: 'middle' })}</g>`;
}
