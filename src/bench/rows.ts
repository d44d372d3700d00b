// From what each process answered to the rows of the table.
import { agreement } from './agreement.ts';
import { numbersOf } from './numbers.ts';
import { median } from './statistics.ts';
import { type Answers, type Item, type Row, type SubjectName, WORKS, type Work } from './work.ts';

/** One process of one round, and what it was asked for. */
export interface Sample {
  readonly subject: SubjectName;
  readonly items: readonly Item[];
  readonly answers: Answers;
}

/** What is held to be right: of each work the answer for the largest batch, whose first rows are those of a smaller one. */
export type Truth = (subject: SubjectName, work: Work) => Float32Array | undefined;

/** A row for everything that was asked for and answered, or that failed; by work, batch, and the order of the samples. */
export function rowsOf(samples: readonly Sample[], truth: Truth): Row[] {
  const order = [...new Set(samples.map(({ subject }) => subject))];
  const rows = order.flatMap((subject) => {
    const own = samples.filter((sample) => sample.subject === subject);
    const items = new Map(own.flatMap((sample) => sample.items.map((item) => [keyOf(item), item])));
    return [...items.values()].map((item) => rowOf(item, subject, own, truth));
  });
  rows.sort((a, b) => WORKS.indexOf(a.work) - WORKS.indexOf(b.work) || a.batch - b.batch);
  return rows.map((row) => ({ ...row, ratio: ratioOf(row, rows) }));
}

export function keyOf({ work, batch }: Item): string {
  return `${work} ${batch}`;
}

function rowOf(item: Item, engine: SubjectName, samples: readonly Sample[], truth: Truth): Row {
  const asked = samples.filter((sample) => sample.items.some((other) => keyOf(other) === keyOf(item)));
  const answers = asked
    .flatMap((sample) => sample.answers.items)
    .filter((other) => keyOf(other) === keyOf(item));
  const done = answers.filter((answer) => 'times' in answer);
  let reason =
    answers.find((answer) => 'reason' in answer)?.reason ??
    asked.find(
      ({ answers: { items, reason } }) => reason && !items.some((other) => keyOf(other) === keyOf(item)),
    )?.answers.reason;
  if (done.length === 0) reason ??= 'it ended without an answer';
  const times = done.flatMap((answer) => answer.times);
  const expected = truth(engine, item.work);
  const compared = done.map(({ output }) => agreement(item, numbersOf(output), expected));
  const worst = compared.find(({ agrees }) => agrees === false) ?? compared[0];
  return {
    ...item,
    engine,
    version: asked.find(({ answers: { version } }) => version)?.answers.version ?? '',
    ms: times.length > 0 ? median(times) / item.batch : null,
    ratio: null,
    rssMB: done.length > 0 ? Math.round(Math.max(...done.map(({ rssMB }) => rssMB))) : null,
    agrees: worst?.agrees ?? null,
    error: worst?.error ?? null,
    runs: times.length,
    ...(reason !== undefined && { reason }),
  };
}

/** Time over that of the fastest of the same work and batch, a wrong one not counted. */
function ratioOf({ work, batch, ms }: Row, rows: readonly Row[]): number | null {
  const right = rows.filter((row) => row.work === work && row.batch === batch && row.agrees !== false);
  const times = right.flatMap((row) => row.ms ?? []);
  return ms === null || times.length === 0 ? null : ms / Math.min(...times);
}
