// A backend's line in a parity figure, and the mark where it first leaves the reference.
import { disc, line, type Point, polyline, ring, shorten, text, widthOf } from './svg.ts';

/** A backend's line through both towers. */
export interface Series {
  colour: string;
  /** By tap; null is no number. */
  errors: ReadonlyMap<string, number | null>;
  /** The tap that is ringed. */
  fault: string | undefined;
}

/** Where a tap is drawn. */
export type Place = (tap: string, series: Series) => Point;

/** What the names of faults stay within. */
export interface Bounds {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const FEW = 94; // taps: each gets a dot
const MANY = 376; // taps: the line is thinner

/** Broken where there is no number: there stands a cross. */
export function drawSeries(series: Series, taps: readonly string[], place: Place): string {
  const { colour, errors } = series;
  const own = taps.filter((tap) => errors.has(tap));
  const crosses: string[] = [];
  const stretches: Point[][] = [[]];
  for (const tap of own) {
    const [x, y] = place(tap, series);
    if (errors.get(tap) !== null) {
      stretches.at(-1)!.push([x, y]);
      continue;
    }
    stretches.push([]);
    for (const slope of [3, -3]) {
      crosses.push(line([x - 3, y - slope], [x + 3, y + slope], colour, 1.6));
    }
  }
  const stroke = own.length < MANY ? 1.6 : 1;
  const dotted = stretches.filter((points) => points.length === 1 || own.length < FEW);
  return [
    ...crosses,
    ...stretches.map((points) => polyline(points, colour, stroke)),
    ...dotted.flat().map((at) => disc(at, 2, colour)),
  ].join('\n');
}

const RADIUS = 6;
const GAP = 6; // from the ring to the name
const DOT = 10; // room for one before the name
const PITCH = 16; // from one name to the next above or below
const NAME = { size: 12, weight: 'bold', halo: '#fff' } as const;
const LONGEST = 64; // in characters

interface Name {
  left: number;
  right: number;
  y: number;
}

/** A ring around the first fault of each series, and beside it the tap's name behind a dot for each series. */
export function drawFaults(
  series: readonly Series[],
  taps: readonly string[],
  place: Place,
  bounds: Bounds,
): string {
  const parts: string[] = [];
  const names: Name[] = [];
  for (const tap of taps) {
    const faulty = series.filter(({ fault }) => fault === tap);
    if (faulty.length === 0) continue;
    const label = shorten(tap.replace(/^tap\./, ''), LONGEST);
    const width = DOT * faulty.length + widthOf([label], NAME);
    const name = findRoom(place(tap, faulty[0]!), width, bounds, names);
    names.push(name);
    parts.push(text(label, name.right, name.y + 4, { ...NAME, anchor: 'end' }));
    faulty.forEach((each, i) => {
      parts.push(disc([name.left + DOT * i + 3.5, name.y], 3.5, each.colour));
      parts.push(ring(place(tap, each), RADIUS, each.colour, 2.2));
    });
  }
  return parts.join('\n');
}

/** Left of a ring, where the line was still lower, or else right of it and below; clear of other names. */
function findRoom([x, y]: Point, width: number, bounds: Bounds, others: readonly Name[]): Name {
  const isLeft = x - RADIUS - GAP - width > bounds.left;
  const left = isLeft ? x - RADIUS - GAP - width : Math.min(x + RADIUS + GAP, bounds.right - width);
  const right = left + width;
  // By rows: on the ring's height or the next free one; on the right, never where the line goes on.
  const rows = isLeft ? [0, 1, -1, 2, -2, 3, -3, 4, -4] : [1, 2, 3, 4, -1, -2, -3, -4];
  const isFree = (at: number): boolean =>
    at > bounds.top + 5 &&
    at < bounds.bottom - 5 &&
    others.every((name) => Math.abs(name.y - at) >= PITCH || name.left > right || name.right < left);
  return { left, right, y: rows.map((row) => y + PITCH * row).find(isFree) ?? y };
}
