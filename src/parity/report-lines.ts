// A report as lines of text: a table in the order of computation, and where it parts, the numbers around the place.
import type { ParityReport } from './compare.ts';
import type { ParityRow } from './compare-key.ts';

/** The whole table, then the verdict. */
export function reportLines(report: ParityReport): string[] {
  const { rows, first } = report;
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const shapeWidth = Math.max(...rows.map(({ shape }) => shapeText(shape).length));
  const head = ['max |Δ|'.padStart(8), 'relative'.padStart(8), 'cosine'.padStart(11), 'error'.padStart(8)];
  const lines = [`   ${'key'.padEnd(nameWidth)} ${'shape'.padEnd(shapeWidth)} ${head.join(' ')}  bar`];
  for (const row of rows) {
    const isFirst = row.name === first;
    lines.push(
      [
        isFirst ? '>>' : row.ok ? '  ' : ' ×',
        row.name.padEnd(nameWidth),
        shapeText(row.shape).padEnd(shapeWidth),
        ...cellsOf(row),
      ].join(' '),
    );
    if (isFirst) lines.push(...around(row));
  }
  return [...lines, '', ...summary(report)];
}

function cellsOf({ maxAbs, relative, cosine, error, measure, bar, ok, problem }: ParityRow): string[] {
  if (measure === null) return [problem!];
  const verdict = ok ? 'ok' : (problem ?? 'over');
  return [
    short(maxAbs).padStart(8),
    short(relative).padStart(8),
    (cosine?.toFixed(9) ?? 'none').padStart(11),
    short(error).padStart(8),
    ` ${short(bar)} ${measure}  ${verdict}`,
  ];
}

/** The five elements around the worst. */
function around({ worst = [] }: ParityRow): string[] {
  return worst.map(({ index, actual, expected, isWorst }) => {
    const numbers = [actual, expected].map((value) => value.toPrecision(8).padStart(15));
    return `      ${shapeText(index)}  actual ${numbers[0]}  expected ${numbers[1]}${isWorst ? '  ← worst' : ''}`;
  });
}

const NAMED = 3;

function summary({ verdict, first, rows, unrecorded }: ParityReport): string[] {
  const over = rows.filter(({ ok }) => !ok);
  const lines =
    verdict === 'pass'
      ? [`pass: ${rows.length} rows, each within its bar`]
      : [`fail: ${over.length} of ${rows.length} rows, first ${first}`];
  if (unrecorded.length > 0) {
    const more = unrecorded.length > NAMED ? ' …' : '';
    lines.push(
      `not in the recording, and not compared: ${unrecorded.length} of our values, ${unrecorded.slice(0, NAMED).join(', ')}${more}`,
    );
  }
  const flips = rows.filter(({ crossed = 0 }) => crossed > 0);
  if (flips.length > 0) {
    const count = flips.reduce((sum, { crossed = 0 }) => sum + crossed, 0);
    lines.push(
      `${count} units are zero after their ReLU on one side only, first in ${flips[0]!.name}: gradients jump there, ` +
        'and rows under grad. and train. may be over their bars for no other reason',
    );
  }
  return lines;
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Three digits, or `none` for what is no number. */
function short(value: number | null): string {
  if (value === null) return 'none';
  return value === 0 || (value >= 0.01 && value < 1000)
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}
