// A model held to a recording, part by part, so that the values of one part are gone before the next are computed.
import { type CompareOptions, compareRecordings, type ParityReport, reportFrom } from './compare.ts';
import type { ParityRow } from './compare-key.ts';
import { isGiven, OTHER, PARTS, type Part, partOf } from './keys.ts';
import { partsOf, type RecordOptions, recordRun } from './record.ts';
import type { Recording } from './recording.ts';
import type { Subject } from './run.ts';

export type ParityOptions = RecordOptions & Pick<CompareOptions, 'bars'>;

/**
 * Runs what a recording holds, on its inputs, and reports on every value; what the model has besides is only counted, and
 * keys of no known kind are failures. Throws ClipError when there is nothing to compare or the file is damaged.
 */
export async function parityOf(
  subject: Subject,
  recording: Recording,
  { parts = partsOf(recording), bars, ...options }: ParityOptions = {},
): Promise<ParityReport> {
  const wanted = new Set<Part | typeof OTHER>([...parts, OTHER]);
  const held = new Set([...recording.tensors.keys()].filter((key) => !isGiven(key)).map(partOf));
  const rows: ParityRow[] = [];
  const unrecorded: string[] = [];
  for (const part of [...PARTS, OTHER] as const) {
    if (!wanted.has(part) || !held.has(part)) continue;
    const run = await recordRun(subject, recording, { ...options, parts: part === OTHER ? [] : [part] });
    const report = await compareRecordings(run, recording, { bars, parts: [part], subset: true });
    rows.push(...report.rows);
    unrecorded.push(...report.unrecorded);
  }
  return reportFrom(rows, unrecorded);
}
