// The one place that imports BullMQ and ioredis, which not everybody has: https://docs.bullmq.io
import type * as BullMQ from 'bullmq';
import type * as IORedis from 'ioredis';
import { ClipError } from '../../errors.ts';

export interface Bull {
  bullmq: typeof BullMQ;
  ioredis: typeof IORedis;
}

/** Throws ClipError, saying how to add them, where one is missing. */
export async function importBull(): Promise<Bull> {
  try {
    return { bullmq: await import('bullmq'), ioredis: await import('ioredis') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    const got = `no ${/'(bullmq|ioredis)'/.exec(message)?.[1] ?? 'bullmq'}`;
    const hint = 'npm install bullmq@6.7.0 ioredis@6.0.0';
    throw new ClipError('a queue needs two packages more', { got, hint }, { cause: error });
  }
}
