// Texts from a file: one a line, one JSON string a line, or a column of a table.
import { ClipError } from '../../errors.ts';
import { CAPTION, readTableText } from './table.node.ts';
import { readRows } from './table-rows.node.ts';

/**
 * The texts of a file, in its order. A `.csv` or `.tsv` has a header line; its column is `column`, else caption, text or
 * title, in any case. A line of a `.jsonl` is one JSON string or, with `column`, an object. Any other file has one text a
 * line, empty ones too, but for those at its end. Throws ClipError for a file that is not there, is no UTF-8 or has no
 * text, for a column that is not there, and for a line, by its number, that holds none.
 */
export function readTexts(path: string, column?: string): string[] {
  const file = readTableText(path, 'a file of texts');
  const texts = /\.(csv|tsv)$/i.test(path)
    ? [...columnOf(path, file, column)]
    : /\.jsonl$/i.test(path)
      ? [...(column === undefined ? jsonStrings(path, file) : columnOf(path, file, column))]
      : linesOf(path, file, column);
  if (texts.length > 0) return texts;
  throw new ClipError(`${path} has no texts`, { expected: 'at least one', got: 'none' });
}

function linesOf(path: string, file: string, column: string | undefined): string[] {
  if (column !== undefined) {
    throw new ClipError(`${path} has no columns`, {
      expected: 'a .csv, .tsv or .jsonl file',
      got: 'another name',
    });
  }
  const trimmed = file.trimEnd();
  return trimmed === '' ? [] : trimmed.split(/\r\n?|\n/);
}

function* jsonStrings(path: string, file: string): Generator<string> {
  for (const [i, line] of file.split(/\r\n?|\n/).entries()) {
    if (line.trim() === '') continue;
    let text: unknown;
    try {
      text = JSON.parse(line);
    } catch {
      // told below
    }
    if (typeof text === 'string') yield text;
    else {
      const hint = typeof text === 'object' ? 'of objects, name the column of the texts' : undefined;
      throw new ClipError(`${path} line ${i + 1}`, {
        expected: 'one JSON string',
        got: line.slice(0, 40),
        hint,
      });
    }
  }
}

function* columnOf(path: string, file: string, column: string | undefined): Generator<string> {
  const wanted = column === undefined ? CAPTION : [column];
  let found: string | undefined;
  for (const { line, names, value } of readRows(path, file)) {
    found ??= wanted
      .map((name) =>
        names.find((other) => other === name || other.trim().toLowerCase() === name.toLowerCase()),
      )
      .find((name) => name !== undefined);
    if (found === undefined) {
      const [expected, got] = [wanted.join(' or '), names.join(', ')];
      throw new ClipError(`${path} has no ${column === undefined ? 'column of texts' : 'such column'}`, {
        expected,
        got,
      });
    }
    const text = value(found);
    if (typeof text !== 'string') {
      const got = text === undefined ? `no ${found}` : JSON.stringify(text);
      throw new ClipError(`${path} line ${line}`, { expected: `a text as ${found}`, got });
    }
    yield text;
  }
}
