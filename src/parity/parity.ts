// A model held to a recording, part by part, so that the values of one part are gone before the next are computed.
import { type CompareOptions, compareRecordings, type ParityReport, reportFrom } from './compare.ts';
import type { ParityRow } from './compare-key.ts';
import { isGiven, OTHER, PARTS, type Part, partOf } from './keys.ts';
import { partsOf, type RecordOptions, recordRun } from './record.ts';
import type { Recording } from './recording.ts';
import type { Subject } from './run.ts';
import { readTraining } from './training-options.ts';

export interface ParityOptions extends Omit<RecordOptions, 'onProgress'>, Pick<CompareOptions, 'bars'> {
  /** Called after each pass through the model and each value compared, with the work done and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const PASS = 50; // a pass takes about as long as comparing so many values

/**
 * Runs what a recording holds, on its inputs, and reports on every value; what the model has besides is only counted, and
 * keys of no known kind are failures. Throws ClipError when there is nothing to compare or the file is damaged.
 */
export async function parityOf(
  subject: Subject,
  recording: Recording,
  { parts = partsOf(recording), bars, decodePicture, onProgress }: ParityOptions = {},
): Promise<ParityReport> {
  const wanted = new Set<Part | typeof OTHER>([...parts, OTHER]);
  const keys = [...recording.tensors.keys()].filter((key) => !isGiven(key) && wanted.has(partOf(key)));
  const held = new Set(keys.map(partOf));
  const steps = held.has('train') ? (readTraining(recording.metadata).options?.steps ?? 0) : 0;
  const total = keys.length + PASS * (Number(held.has('tap')) + Number(held.has('grad')) + steps);
  let done = 0;
  const advance = (by: number) => (): void => {
    done += by;
    onProgress?.(done, total);
  };
  const rows: ParityRow[] = [];
  const unrecorded: string[] = [];
  for (const part of [...PARTS, OTHER] as const) {
    if (!held.has(part)) continue;
    const run = await recordRun(subject, recording, {
      parts: part === OTHER ? [] : [part],
      decodePicture,
      onProgress: advance(PASS),
    });
    const report = await compareRecordings(run, recording, {
      bars,
      parts: [part],
      subset: true,
      onProgress: advance(1),
    });
    rows.push(...report.rows);
    unrecorded.push(...report.unrecorded);
  }
  return reportFrom(rows, unrecorded);
}
