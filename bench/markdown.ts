// Tables and numbers as docs/benchmarks.md has them.
import type { Row } from '../src/bench/work.ts';

export function tableLines(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}

/** A row's milliseconds; a wrong answer is struck out. */
export function cell(row: Pick<Row, 'ms' | 'agrees' | 'reason'> | undefined): string {
  if (!row) return '–';
  if (row.ms === null) return `failed: ${row.reason}`;
  return row.agrees === false ? `~~${number(row.ms)}~~ wrong` : number(row.ms);
}

/** Three digits, or all before the point. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
