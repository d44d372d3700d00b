// The report as people read it.
import type { Report, Row } from './work.ts';

/** A line for each row, grouped by work and batch. */
export function tableOf({ machine, model, threads, rounds, reference, rows, notes }: Report): string[] {
  const head = ['', 'ms', 'a second', '× fastest', 'peak MB', 'right'];
  const cells = rows.map((row) => [
    `${row.engine} ${row.version}`,
    row.ms === null ? '–' : numberText(row.ms),
    row.ms === null ? '–' : numberText(1000 / row.ms),
    row.ratio === null ? '–' : row.ratio.toFixed(2),
    row.rssMB === null ? '–' : String(row.rssMB),
    verdictOf(row),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => (column < head.length - 1 ? row[column]!.length : 0))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        i === 0 || i === row.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  const lines = [
    `${model} on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, Node ${machine.node}`,
    `${threads} threads each; medians of ${rounds} rounds, for one of a batch; held to ${reference ?? 'nothing'}`,
    '',
    `  ${line(head)}`,
  ];
  rows.forEach((row, i) => {
    const before = rows[i - 1];
    if (row.work !== before?.work || row.batch !== before.batch) lines.push(titleOf(row));
    lines.push(`  ${line(cells[i]!)}`);
  });
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : [])];
}

function titleOf({ work, batch }: Row): string {
  return batch === 1 && work !== 'image' && work !== 'text' ? work : `${work}, batch ${batch}`;
}

function verdictOf({ agrees, error, reason, ms }: Row): string {
  if (ms === null) return `failed: ${reason}`;
  if (agrees === null) return 'not compared';
  if (agrees) return 'yes';
  return `WRONG${error === null ? '' : `: off by ${error.toExponential(1)} of the largest`}`;
}

/** Three digits, or all before the point. */
export function numberText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
