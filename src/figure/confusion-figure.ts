// What was taken for what: a square of cells, a row for each true class, a column for each answer.
import { rectangle, text, toPng } from './svg.ts';

export interface Confusion {
  title: string;
  /** counts[truth][answer] */
  counts: readonly (readonly number[])[];
  /** Names of equal runs of classes, in order: with 100 classes and 10 groups, each stands for ten. */
  groups: readonly string[];
  /** Rows to mark at their left end, and what the mark means. */
  marked?: { rows: readonly boolean[]; meaning: string };
}

const SIDE = 600; // of the square, about
const LEFT = 110;
const TOP = 56;
const BOTTOM = 96;
const MARGIN = 24;
const MARK = '#d9822b';

/** → the bytes of a PNG file. */
export function confusionFigure({ title, counts, groups, marked }: Confusion): Uint8Array {
  const cell = Math.max(1, Math.floor(SIDE / counts.length));
  const side = cell * counts.length;
  const parts = [
    text(title, LEFT, 28, { size: 16, weight: 'bold' }),
    rectangle(LEFT, TOP, side, side, '#f4f6f9'),
  ];
  counts.forEach((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    row.forEach((count, answer) => {
      if (count === 0) return;
      parts.push(
        rectangle(
          LEFT + answer * cell,
          TOP + truth * cell,
          cell,
          cell,
          shade(count / total, truth === answer),
        ),
      );
    });
    if (marked?.rows[truth]) parts.push(rectangle(LEFT - 9, TOP + truth * cell, 6, cell, MARK));
  });
  const span = side / groups.length;
  groups.forEach((name, i) => {
    const middle = (i + 0.5) * span;
    parts.push(
      text(name, LEFT - 14, TOP + middle + 4, { size: 12, anchor: 'end' }),
      `<g transform="translate(${LEFT + middle + 4} ${TOP + side + 8}) rotate(-90)">${text(name, 0, 0, { size: 12, anchor: 'end' })}</g>`,
    );
    if (i > 0) {
      parts.push(
        rectangle(LEFT, TOP + i * span, side, 0.6, '#c5ccd6'),
        rectangle(LEFT + i * span, TOP, 0.6, side, '#c5ccd6'),
      );
    }
  });
  const below = TOP + side + BOTTOM;
  parts.push(text('rows: what it is; columns: what it was called', LEFT, below - 16, { size: 13 }));
  if (marked) {
    parts.push(
      rectangle(LEFT, below - 3, 10, 10, MARK),
      text(marked.meaning, LEFT + 16, below + 6, { size: 13 }),
    );
  }
  return toPng(LEFT + side + MARGIN, below + MARGIN, parts);
}

/** The share of a row, 0 … 1: blue where the answer is right, red where it is not; even a small share is seen. */
function shade(share: number, right: boolean): string {
  const opacity = (0.25 + 0.75 * share).toFixed(3);
  return right ? `rgba(31,95,168,${opacity})` : `rgba(200,30,40,${opacity})`;
}
