// Tables and numbers as docs/benchmarks.md has them.
import { numberText } from '../src/bench/table.ts';
import type { Row } from '../src/bench/work.ts';

export function tableLines(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}

/** A row's milliseconds; a wrong answer is struck out. */
export function cell(row: Pick<Row, 'ms' | 'agrees' | 'reason'> | undefined): string {
  if (!row) return '–';
  if (row.ms === null) return `failed: ${row.reason}`;
  return row.agrees === false ? `~~${numberText(row.ms)}~~ wrong` : numberText(row.ms);
}
