// The lines of a CSV, TSV or JSONL text, each with the number it has in the file.
import { type CsvError, parse } from 'csv-parse/sync';
import { ClipError } from '../../errors.ts';

/** One line: the columns it has, and what stands in each (undefined where it has no such column). */
export interface Row {
  /** From 1; of a record over several lines the first. */
  readonly line: number;
  readonly names: readonly string[];
  readonly value: (name: string) => unknown;
}

/** The format is told by the ending: .csv, .tsv or .jsonl. */
export function readRows(path: string, text: string): Iterable<Row> {
  const lines = text.replace(/\r\n?/g, '\n');
  return /\.jsonl$/i.test(path) ? jsonRows(path, lines) : delimitedRows(path, lines);
}

function* jsonRows(path: string, text: string): Iterable<Row> {
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const object = parseObject(line, `${path} line ${i + 1}`);
    // A number is a name too: classes are often numbered.
    const value = (name: string): unknown =>
      typeof object.get(name) === 'number' ? `${object.get(name)}` : object.get(name);
    yield { line: i + 1, names: [...object.keys()], value };
  }
}

/** A Map, so that a key such as `__proto__` is a key. */
function parseObject(line: string, where: string): Map<string, unknown> {
  const shown = line.length > 40 ? `${line.slice(0, 40)}…` : line;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ClipError(`${where} is no JSON`, { expected: 'an object', got: shown }, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return new Map(Object.entries(value));
  }
  throw new ClipError(`${where}: what a line holds`, { expected: 'an object', got: shown });
}

function delimitedRows(path: string, text: string): Row[] {
  const tabs = /\.tsv$/i.test(path);
  const rows: Row[] = [];
  let names: string[] | undefined;
  let last = 0;
  const take = (record: string[], end: number): void => {
    const line = end - record.reduce((breaks, field) => breaks + field.split('\n').length - 1, 0);
    last = end;
    if (!names) {
      names = record;
      return;
    }
    if (record.length !== names.length) {
      throw new ClipError(`${path} line ${line}`, {
        expected: `${names.length} columns, as in the first line`,
        got: record.length,
        hint: tabs ? 'a tab too many or too few' : 'a text with a comma needs quotes around it',
      });
    }
    const columns = names;
    rows.push({ line, names, value: (name) => record[columns.indexOf(name)] });
  };
  try {
    parse(text, {
      delimiter: tabs ? '\t' : ',',
      record_delimiter: '\n',
      relax_column_count: true, // counted above, for the message
      relax_quotes: tabs, // few programs quote in a TSV: a quote is a letter there, unless it opens a field
      skip_empty_lines: true,
      on_record: (record: string[], { lines }) => {
        take(record, lines);
        return null; // nothing is kept by the parser
      },
    });
  } catch (error) {
    if (error instanceof ClipError) throw error;
    const { code, message, lines } = error as CsvError & { lines?: number };
    const open = code === 'CSV_QUOTE_NOT_CLOSED';
    throw new ClipError(
      `${path} line ${open ? last + 1 : lines}`,
      {
        expected: open ? 'a quote at the end of the text' : `a line of ${tabs ? 'TSV' : 'CSV'}`,
        got: open ? 'the end of the file' : message,
        hint: 'a quote inside a quoted text is doubled',
      },
      { cause: error },
    );
  }
  return rows;
}
