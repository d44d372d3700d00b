// What parity's three commands share: options, opening recordings, printing a report.
import { type Command, InvalidArgumentError } from 'commander';
import { ClipError } from '../errors.ts';
import { BARS, type Bars } from '../parity/bars.ts';
import type { ParityReport } from '../parity/compare.ts';
import { OTHER, PARTS, type Part, partOf } from '../parity/keys.ts';
import type { Recording } from '../parity/recording.ts';
import { note, printJson, printLine } from './terminal.ts';

export interface ReportOptions {
  bar?: Partial<Bars>;
  parts?: Part[];
  figure?: string;
  json?: boolean;
}

const BAR_NAMES = Object.keys(BARS) as (keyof Bars)[];

export function withParts(command: Command): Command {
  return command.option('--parts <list>', `only some of ${PARTS.join(',')}`, readParts);
}

export function withReport(command: Command): Command {
  return withParts(command)
    .option('--bar <name=error>', `another bar for one of ${BAR_NAMES.join(', ')}; repeatable`, readBar)
    .option('--figure <file.png>', 'the error along the depth of both towers')
    .option('--json', 'print JSON');
}

function readParts(text: string): Part[] {
  const parts = text.split(',') as Part[];
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown === undefined) return parts;
  throw new InvalidArgumentError(`expected some of ${PARTS.join(',')}, got ${unknown || 'nothing'}.`);
}

function readBar(text: string, before: Partial<Bars> = {}): Partial<Bars> {
  const [name, number] = text.split('=') as [keyof Bars, string | undefined];
  const value = number ? Number(number) : Number.NaN;
  if (!BAR_NAMES.includes(name) || !(value >= 0)) {
    throw new InvalidArgumentError(`expected such as tap=1e-4, with one of ${BAR_NAMES.join(', ')}.`);
  }
  return { ...before, [name]: value };
}

/** Opens a recording and closes it after `use`. */
export async function withRecording<T>(path: string, use: (recording: Recording) => Promise<T>): Promise<T> {
  const { openFile } = await import('../data/bytes/file-source.node.ts');
  const { openCheckpoint } = await import('../checkpoint/checkpoint.ts');
  const file = await openFile(path);
  try {
    const recording = await openCheckpoint(file);
    const keys = [...recording.tensors.keys()];
    if (keys.some((key) => partOf(key) !== OTHER)) return await use(recording);
    throw new ClipError(`${path} is no recording`, {
      expected: 'keys such as input.image, tap.visual.conv1 or grad.logit_scale',
      got: keys.slice(0, 3).join(', ') || 'no tensor',
      hint: 'docs/parity.md describes the format; clip-tfjs parity record writes one',
    });
  } finally {
    await file.close();
  }
}

/** A report of one engine, or of what two files hold. */
export interface NamedReport {
  backend: string;
  report: ParityReport;
}

/** Prints the reports, draws the figure, and lets the process fail where one of them does. */
export async function printReports(
  reports: readonly NamedReport[],
  { json, figure }: ReportOptions,
  about: Record<string, string>,
): Promise<void> {
  const failed = reports.find(({ report }) => report.verdict === 'fail') ?? reports[0]!;
  const several = reports.length > 1;
  if (json) {
    const rows = reports.flatMap(({ backend, report }) =>
      several ? report.rows.map((row) => ({ backend, ...row })) : report.rows,
    );
    const { verdict, first, unrecorded } = failed.report;
    printJson({
      verdict,
      first,
      ...about,
      backends: reports.map(({ backend }) => backend),
      rows,
      unrecorded,
    });
  } else {
    const { reportLines } = await import('../parity/report-lines.ts');
    for (const { backend, report } of reports) {
      if (several) printLine(`${backend}:`);
      for (const line of reportLines(report)) printLine(line);
    }
  }
  if (figure !== undefined) await drawFigure(figure, reports, about);
  if (failed.report.verdict === 'fail') process.exitCode = 1;
}

async function drawFigure(
  path: string,
  reports: readonly NamedReport[],
  about: Record<string, string>,
): Promise<void> {
  const { parityFigure } = await import('../figure/parity-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const lines = reports.map(({ backend, report }) => ({ backend, rows: report.rows }));
  await writeFileAtomic(path, parityFigure(lines, Object.values(about).join(' against ')));
  note(`figure: ${path}`);
}
