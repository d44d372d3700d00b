// One tower of a parity figure: what each backend's error is from its first tap to its last.
import { type DepthAxis, depthAxis, type ErrorAxis, LETTERS } from './parity-axes.ts';
import { drawFaults, drawSeries, type Place, type Series } from './parity-series.ts';
import { line, rectangle, text } from './svg.ts';

export interface Panel {
  title: string;
  taps: readonly string[];
}

/** What the panels of a figure share. */
export interface Frame {
  axis: ErrorAxis;
  bar: number | undefined;
  series: readonly Series[];
}

export const LEFT = 52;
export const WIDTH = 752;
export const RIGHT = 76; // for the bar's label
const TITLE = 34;
const DECADES = 190; // from the lowest decade to the highest
const ZERO = 22; // below them, down to the line of an exact 0
const CROSSES = 13; // above them, a row of crosses for each backend that has nulls
const SPACE = 9; // between those and the highest decade
const TICKS = 34;
const GRID = '#e3e7ec';
const OFF_SCALE = '#f6f8fa'; // behind what has no place among the decades

/** Heights in the picture, from above. */
interface Heights {
  upper: number;
  highest: number;
  lowest: number;
  zero: number;
}

export function panelHeight({ series }: Frame): number {
  return TITLE + crossesHeight(series) + DECADES + ZERO + TICKS;
}

function crossesHeight(series: readonly Series[]): number {
  const rows = withNulls(series).length;
  return rows > 0 ? CROSSES * rows + SPACE : 0;
}

function withNulls(series: readonly Series[]): Series[] {
  return series.filter(({ errors }) => [...errors.values()].includes(null));
}

export function drawPanel({ title, taps }: Panel, frame: Frame, top: number): string {
  const { axis, series } = frame;
  const upper = top + TITLE;
  const highest = upper + crossesHeight(series);
  const lowest = highest + DECADES;
  const heights: Heights = { upper, highest, lowest, zero: lowest + ZERO };
  const depth = depthAxis(taps, WIDTH);
  const rows = withNulls(series);
  const heightOf = (error: number | null, of: Series): number => {
    if (error === null) return upper + CROSSES * (rows.indexOf(of) + 0.5);
    return error === 0 ? heights.zero : lowest - DECADES * axis.place(Math.log10(error));
  };
  const place: Place = (tap, of) => [LEFT + depth.places.get(tap)!, heightOf(of.errors.get(tap) ?? null, of)];
  const bounds = { left: LEFT, right: LEFT + WIDTH, top: upper, bottom: heights.zero };
  return [
    text(title, LEFT, top + 22, { size: 14, weight: 'bold' }),
    drawGrid(frame, depth, heights),
    ...series.map((each) => drawSeries(each, taps, place)),
    drawFaults(series, taps, place, bounds),
  ].join('\n');
}

function drawGrid({ axis, bar }: Frame, depth: DepthAxis, heights: Heights): string {
  const { upper, highest, lowest, zero } = heights;
  const parts = [
    rectangle(LEFT, upper, WIDTH, highest - upper, OFF_SCALE),
    rectangle(LEFT, lowest, WIDTH, ZERO, OFF_SCALE),
  ];
  for (const { left, label } of depth.parts) {
    const x = LEFT + left;
    parts.push(line([x, upper], [x, zero + (label ? 18 : 0)], GRID));
    if (label) parts.push(text(label, x + 4, zero + 17, LETTERS));
  }
  const across = (y: number, colour: string, width = 1, dashes?: string): string =>
    line([LEFT, y], [LEFT + WIDTH, y], colour, width, dashes);
  const mark = (label: string, y: number): string =>
    text(label, LEFT - 8, y + 4, { ...LETTERS, anchor: 'end' });
  for (const power of axis.powers) {
    const y = lowest - DECADES * axis.place(power);
    parts.push(across(y, GRID), mark(`1e${power}`, y));
  }
  parts.push(across(zero, '#8a94a0'), mark('0', zero));
  if (highest > upper) parts.push(mark('n/a', (upper + highest - SPACE) / 2));
  if (bar !== undefined) {
    const y = lowest - DECADES * axis.place(Math.log10(bar));
    const label = `bar ${Number(bar.toPrecision(3)).toExponential()}`;
    parts.push(across(y, '#444', 1.2, '6 4'), text(label, LEFT + WIDTH + 6, y + 4, LETTERS));
  }
  return parts.join('\n');
}
