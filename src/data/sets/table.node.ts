// A table of pictures with their captions or classes → PictureSet: CSV, TSV (a header line, then a line a picture) or JSONL
// (a line an object). Lines of one picture come together: several captions.
import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { ClipError } from '../../errors.ts';
import { Fingerprint } from './fingerprint.ts';
import { at, sizeOf } from './folder.node.ts';
import type { PictureSet } from './picture-set.ts';
import { type Row, readRows } from './table-rows.node.ts';

/** Of several columns that would do, the first in these lists is taken. */
const PICTURE = ['image', 'picture', 'path', 'file', 'filepath', 'file_name'];
export const CAPTION: readonly string[] = ['caption', 'text', 'title'];
const CLASS = ['label', 'class'];

/** What V8 holds as one text. */
const MOST_BYTES = 2 ** 29 - 25;

/**
 * Opens FILE.csv, .tsv or .jsonl. Columns are found by name, in any case: a picture's path (image, picture, path, file,
 * filepath, file_name), relative to the table's folder or absolute; what is said of it (caption, text, title), or its class
 * (label, class; sorted by name), or both. The pictures' order is that of their first lines. A picture that is not there
 * is found when it is decoded. The fingerprint sees each picture's path as written, its texts and class, and its size in
 * bytes; not a picture that was exchanged for another of equal size.
 *
 * With `unsaid`, a column of pictures is enough.
 *
 * Errors, by line number: a line that cannot be read or has too few or too many columns, an empty caption, path or class,
 * two classes for one picture. Without: no such file, not UTF-8, no such columns, no pictures, more than 536 MB.
 */
export function openTable(path: string, unsaid: boolean = false): PictureSet {
  const rows = new Map<string, { captions: string[]; label: string | undefined }>();
  let columns: Columns | undefined;
  for (const row of readRows(path, readTableText(path, 'a table of pictures'))) {
    columns ??= findColumns(path, row, unsaid);
    const line = readLine(row, columns, `${path} line ${row.line}`);
    const known = rows.get(line.file);
    if (!known) {
      rows.set(line.file, { captions: line.caption === undefined ? [] : [line.caption], label: line.label });
      continue;
    }
    if (known.label !== line.label) {
      throw new ClipError(`${path} line ${row.line}: a second class for ${line.file}`, {
        expected: known.label,
        got: line.label,
      });
    }
    if (line.caption !== undefined) known.captions.push(line.caption);
  }
  if (!columns) throw new ClipError(`${path} has no pictures`, { expected: 'a line a picture' });
  return tableSet(path, columns, [...rows.keys()], [...rows.values()]);
}

function tableSet(
  path: string,
  columns: Columns,
  files: readonly string[],
  said: readonly { captions: string[]; label: string | undefined }[],
): PictureSet {
  const folder = dirname(path);
  const place = (file: string): string => (isAbsolute(file) ? file : join(folder, file));
  const fingerprint = new Fingerprint();
  said.forEach(({ captions, label = '' }, i) => {
    fingerprint
      .add(files[i]!)
      .add([sizeOf(place(files[i]!))])
      .add(label);
    for (const caption of captions) fingerprint.add(caption);
  });
  const set: PictureSet = {
    name: path,
    count: files.length,
    fingerprint: `${fingerprint}`,
    source: (index) => ({ path: place(at(files, index)) }),
    ...(columns.caption !== undefined && { captions: (index: number) => at(said, index).captions }),
  };
  if (columns.label === undefined) return set;
  const classes = [...new Set(said.map(({ label }) => label!))].sort();
  const numbers = new Map(classes.map((name, label) => [name, label]));
  return { ...set, classes, labels: Int32Array.from(said, ({ label }) => numbers.get(label!)!) };
}

/** The names of the columns as this table writes them. */
interface Columns {
  file: string;
  caption: string | undefined;
  label: string | undefined;
}

function findColumns(path: string, { names }: Row, unsaid: boolean): Columns {
  const find = (wanted: readonly string[]): string | undefined =>
    wanted
      .map((name) => names.find((other) => other.trim().toLowerCase() === name))
      .find((found) => found !== undefined);
  const [file, caption, label] = [find(PICTURE), find(CAPTION), find(CLASS)];
  const got = names.join(', ');
  if (file === undefined) {
    throw new ClipError(`${path} has no column of pictures`, { expected: PICTURE.join(' or '), got });
  }
  if (caption === undefined && label === undefined && !unsaid) {
    const expected = [...CAPTION, ...CLASS].join(' or ');
    throw new ClipError(`${path} has no column of captions or classes`, { expected, got });
  }
  return { file, caption, label };
}

function readLine(
  { value }: Row,
  columns: Columns,
  where: string,
): { file: string; caption?: string; label?: string } {
  const text = (column: string, what: string): string => {
    const found = value(column);
    if (typeof found === 'string' && found.trim() !== '') return found;
    const got = found === undefined ? `no ${column}` : JSON.stringify(found);
    throw new ClipError(`${where}: ${found === '' ? `an empty ${what}` : what}`, {
      expected: 'a text',
      got,
      hint: `correct the line or take it out`,
    });
  };
  const file = text(columns.file, 'path of a picture');
  if (/^[a-z]+:\/\//i.test(file)) {
    throw new ClipError(`${where}: a web address`, {
      expected: 'the path of a file',
      got: file,
      hint: 'download the pictures first',
    });
  }
  return {
    file,
    ...(columns.caption !== undefined && { caption: text(columns.caption, 'caption') }),
    ...(columns.label !== undefined && { label: text(columns.label, 'class').trim() }),
  };
}

/** A table's UTF-8 text. Throws ClipError, which says that `expected` is wanted there. */
export function readTableText(path: string, expected: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  const got = !info
    ? 'no such file'
    : info.isDirectory()
      ? 'a folder'
      : !info.isFile()
        ? 'no plain file'
        : '';
  if (got) throw new ClipError(path, { expected, got });
  if (info!.size > MOST_BYTES) {
    throw new ClipError(`${path} is too large`, {
      expected: `at most ${MOST_BYTES} bytes`,
      got: info!.size,
      hint: 'split it',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)); // a BOM is taken off
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new ClipError(path, { expected: 'a readable file', got: code ?? `${error}` }, { cause: error });
    }
    throw new ClipError(path, {
      expected: 'text in UTF-8',
      got: 'other bytes',
      hint: 'save it in UTF-8',
    });
  }
}
