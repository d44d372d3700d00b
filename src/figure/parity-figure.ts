// How far two implementations of CLIP are apart at every layer along its two towers: a line a backend, by decades.
import { errorAxis, LETTERS } from './parity-axes.ts';
import { drawPanel, type Frame, LEFT, type Panel, panelHeight, RIGHT, WIDTH } from './parity-panel.ts';
import type { Series } from './parity-series.ts';
import { line, shorten, text, toPng, widthOf } from './svg.ts';

export interface DrawnRow {
  /** The recording's key, such as `tap.visual.conv1`. */
  name: string;
  /** What was held against the bar. */
  error: number | null;
  /** max |Δ| over the reference's max; null where nothing could be compared or a value is no number. */
  relative: number | null;
  bar: number | null;
  ok: boolean;
}

/** One backend's rows, in the order of computation. */
export interface ParityLine {
  backend: string;
  rows: readonly DrawnRow[];
}

// Okabe and Ito's, told apart by the colour-blind.
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#444444'];
const LONGEST_TITLE = 76; // in characters
const HEADER = 58; // the title and the line under it
const LEGEND = 22; // a line of it
const NOTE = "Each layer's error, in the order of computation: max |difference| over the reference's max";

/** Of the rows, only the taps are drawn → the bytes of a PNG file. */
export function parityFigure(lines: readonly ParityLine[], title: string): Uint8Array {
  const drawn = lines.map(({ backend, rows }) => ({
    backend,
    rows: rows.filter(({ name }) => name.startsWith('tap.')),
  }));
  const rows = drawn.flatMap((each) => each.rows);
  if (rows.length === 0) throw new Error('no taps to draw');
  const frame = frameOf(drawn);
  const taps = inOrder(drawn);
  const isImage = (tap: string): boolean => /^tap\.(visual(\.|$)|image_features$)/.test(tap);
  const panels: Panel[] = [
    { title: 'Image tower', taps: taps.filter(isImage) },
    { title: 'Text tower', taps: taps.filter((tap) => !isImage(tap)) },
  ].filter((panel) => panel.taps.length > 0);

  const legend = drawLegend(drawn, frame.series);
  const top = HEADER + LEGEND * legend.rows;
  const height = panelHeight(frame);
  return toPng(LEFT + WIDTH + RIGHT, top + height * panels.length, [
    text(shorten(title, LONGEST_TITLE), LEFT, 28, { size: 16, weight: 'bold' }),
    text(NOTE, LEFT, 48, { ...LETTERS, fill: '#666' }),
    legend.drawn,
    ...panels.map((panel, i) => drawPanel(panel, frame, top + height * i)),
  ]);
}

function frameOf(lines: readonly ParityLine[]): Frame {
  const series = lines.map(
    ({ rows }, i): Series => ({
      colour: COLOURS[i % COLOURS.length]!,
      errors: new Map(rows.map(({ name, relative }) => [name, Number.isFinite(relative) ? relative : null])),
      fault: rows.find(({ ok }) => !ok)?.name,
    }),
  );
  const errors = series.flatMap((each) => [...each.errors.values()]);
  const bar = barOf(lines.flatMap(({ rows }) => rows));
  const positive = [...errors, bar].filter((error) => error != null && error > 0) as number[];
  return { series, bar, axis: errorAxis(positive) };
}

/** The largest of the bars that the drawn error was held against: some taps have another measure and bar besides. */
function barOf(rows: readonly DrawnRow[]): number | undefined {
  const bars = rows.filter(({ error, relative }) => error === relative).map(({ bar }) => bar ?? 0);
  const largest = Math.max(...bars);
  return largest > 0 ? largest : undefined;
}

/** The taps of all lines; one that only a later line has stands behind the one before it there. */
function inOrder(lines: readonly ParityLine[]): string[] {
  const taps: string[] = [];
  for (const { rows } of lines) {
    let next = 0;
    for (const { name } of rows) {
      const known = taps.indexOf(name);
      if (known < 0) taps.splice(next, 0, name);
      next = (known < 0 ? next : known) + 1;
    }
  }
  return taps;
}

/** The backends side by side, in as many rows as they take. */
function drawLegend(
  lines: readonly ParityLine[],
  series: readonly Series[],
): { rows: number; drawn: string } {
  let [x, row] = [LEFT, 0];
  const parts = lines.map(({ backend }, i) => {
    const { colour, errors } = series[i]!;
    const label = `${shorten(backend, 40)}, ${summary([...errors.values()])}`;
    const width = 26 + widthOf([label], LETTERS);
    if (x > LEFT && x + width > LEFT + WIDTH) [x, row] = [LEFT, row + 1];
    const y = HEADER + LEGEND * row + 14;
    const drawn = line([x, y - 4], [x + 18, y - 4], colour, 3) + text(label, x + 26, y, LETTERS);
    x += width + 28;
    return drawn;
  });
  return { rows: row + 1, drawn: parts.join('\n') };
}

function summary(errors: readonly (number | null)[]): string {
  const known = errors.filter((error) => error !== null);
  const worst = Math.max(...known);
  const missing = errors.length - known.length;
  return [
    ...(known.length > 0 ? [`worst ${worst === 0 ? '0' : worst.toExponential(1)}`] : []),
    ...(missing > 0 ? [`${missing} n/a`] : []),
  ].join(', ');
}
