// A person's own questions: a table (.csv, .tsv, .jsonl) with a picture, a question and an answer in each line.
import { dirname, isAbsolute, join } from 'node:path';
import { Fingerprint } from '../../data/sets/fingerprint.ts';
import { readTableText } from '../../data/sets/table.node.ts';
import { type Row, readRows } from '../../data/sets/table-rows.node.ts';
import { ClipError } from '../../errors.ts';
import type { QuestionItem, QuestionSet } from './question-set.ts';

const PICTURE = ['image', 'picture', 'path', 'file', 'filepath', 'file_name'];

/**
 * Opens a table with the columns picture (or image, path, file …), question and answer, in any case; pictures are relative to
 * the table's folder. Throws ClipError, by line number, for a column that is missing and for a line without one of the
 * three; for a file that is not there, is no table or has no lines.
 */
export function openQuestionTable(path: string): QuestionSet {
  if (!/\.(csv|tsv|jsonl)$/i.test(path)) {
    throw new ClipError(path, { expected: 'a .csv, .tsv or .jsonl file', got: 'another name' });
  }
  const numbers = new Map<string, number>();
  const items: QuestionItem[] = [];
  const fingerprint = new Fingerprint();
  for (const row of readRows(path, readTableText(path, 'a table of questions'))) {
    const where = `${path} line ${row.line}`;
    const file = textOf(row, PICTURE, 'picture', where);
    const question = textOf(row, ['question'], 'question', where);
    const answer = textOf(row, ['answer'], 'answer', where);
    if (!numbers.has(file)) numbers.set(file, numbers.size);
    items.push({ picture: numbers.get(file)!, question, answer });
    fingerprint.add(file).add(question).add(answer);
  }
  if (items.length === 0)
    throw new ClipError(`${path} has no questions`, { expected: 'a line a question', got: 'none' });
  const files = [...numbers.keys()];
  const folder = dirname(path);
  return {
    items,
    pictures: {
      name: path,
      count: files.length,
      fingerprint: `${fingerprint}`,
      source: (index) => ({ path: isAbsolute(files[index]!) ? files[index]! : join(folder, files[index]!) }),
    },
  };
}

function textOf({ names, value }: Row, wanted: readonly string[], what: string, where: string): string {
  const name = wanted
    .map((one) => names.find((other) => other.trim().toLowerCase() === one))
    .find((found) => found !== undefined);
  if (name === undefined) {
    throw new ClipError(`${where} has no ${what}`, {
      expected: `a column ${wanted.slice(0, 2).join(' or ')}`,
      got: names.join(', '),
    });
  }
  const found = value(name);
  if (typeof found === 'string' && found.trim() !== '') return found.trim();
  throw new ClipError(`${where}: ${what}`, {
    expected: 'a text',
    got: found === undefined ? `no ${name}` : JSON.stringify(found),
    hint: 'correct the line or take it out',
  });
}

/** One part in ten of the pictures, at least one, with their questions: what a training is judged by. Every tenth, and so the same each time. */
export function splitQuestions({ pictures, items }: QuestionSet): [rest: QuestionSet, part: QuestionSet] {
  if (pictures.count < 2) {
    throw new ClipError(`${pictures.name}: pictures`, {
      expected: 'at least 2, one to judge by',
      got: pictures.count,
    });
  }
  const isHeld = ({ picture }: QuestionItem): boolean => picture % 10 === 1;
  return [
    { pictures, items: items.filter((item) => !isHeld(item)) },
    { pictures, items: items.filter(isHeld) },
  ];
}
