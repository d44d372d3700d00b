// What the command line says to embed, and what of it goes together.
import type { SubjectInput } from '../tasks/embed-subject.node.ts';
import type { FeatureType } from '../tasks/save-features.node.ts';
import type { ModelOptions } from './options.ts';
import { UsageError } from './terminal.ts';

export interface EmbedOptions extends ModelOptions {
  out: string;
  text?: string[];
  texts?: string;
  column?: string;
  truncate?: boolean;
  split: 'train' | 'test';
  normalize?: boolean;
  dtype: FeatureType;
  batch?: number;
  queue?: string;
  shard?: number;
  wait?: number;
  force?: boolean;
  json?: boolean;
}

/** What the command line asks features of. */
export function subjectInput(pictures: string[], options: EmbedOptions): SubjectInput {
  const { text, texts, column, split, truncate = false } = options;
  const given = [pictures.length > 0, text !== undefined, texts !== undefined].filter(Boolean).length;
  if (given !== 1) {
    const got = given === 0 ? 'none' : 'several';
    throw new UsageError(
      `nothing to encode: expected pictures, --text or --texts, one of the three, got ${got}`,
    );
  }
  if (column !== undefined && texts === undefined)
    throw new UsageError('--column is one of the table in --texts');
  if (pictures.length > 0) return { pictures, split };
  return text !== undefined ? { text, truncate } : { texts: texts!, column, truncate };
}

/** What is of a queue alone, and what is of its workers. */
export function checkQueueOptions({ queue, shard, wait, batch, backend, threads }: EmbedOptions): void {
  if (queue === undefined) {
    if (shard !== undefined || wait !== undefined) throw new UsageError('--shard and --wait go with --queue');
  } else if (batch !== undefined || backend !== 'auto' || threads !== undefined) {
    throw new UsageError("--batch, --backend and --threads are the workers': give them to clip-tfjs worker");
  }
}
