// LanceDB, an optional package of 200 MB: loaded here and nowhere else, and what it throws told in one line.
import type * as LanceDb from '@lancedb/lancedb';
import type * as Arrow from 'apache-arrow';
import { ClipError } from '../../errors.ts';
import { storeFailure } from './object-store.ts';

export const LANCEDB = '@lancedb/lancedb@0.37.1';
export const ARROW = 'apache-arrow@18.1.0';

export interface Packages {
  lancedb: typeof LanceDb;
  arrow: typeof Arrow;
}

let packages: Promise<Packages> | undefined;

/** Both packages. Throws ClipError that says how to add them where one is not installed. */
export function loadLanceDb(): Promise<Packages> {
  packages ??= load();
  return packages;
}

async function load(): Promise<Packages> {
  // Its core logs to stderr by itself, warnings about things that are as they should be too ("No existing dataset …", each
  // retry of a request). What fails comes as an error all the same. It reads these once, when it is loaded.
  process.env.LANCE_LOG ??= 'error';
  process.env.LANCEDB_LOG ??= 'error';
  try {
    return { lancedb: await import('@lancedb/lancedb'), arrow: await import('apache-arrow') };
  } catch (error) {
    packages = undefined;
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    throw new ClipError(
      'an index needs LanceDB, which is not installed',
      { got: isMissing ? undefined : message, hint: `npm install ${LANCEDB} ${ARROW}` },
      { cause: error },
    );
  }
}

/** Does something with the store; what its core throws comes out as one line that names the index. */
export async function withStore<T>(uri: string, doing: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw storeError(uri, doing, error);
  }
}

/** Joins a table's small files. Where another writer does so at this moment, that is enough. */
export async function optimize(
  table: LanceDb.Table,
  options?: Partial<LanceDb.OptimizeOptions>,
): Promise<void> {
  try {
    await table.optimize(options);
  } catch (error) {
    if (!/commit conflict/i.test((error as Error).message)) throw error;
  }
}

/** An error of LanceDB's core in one line: without where in its source it was thrown, and what it wraps. */
export function storeError(uri: string, doing: string, error: unknown): Error {
  if (error instanceof ClipError || !(error instanceof Error)) return error as Error;
  if (/no space left|os error 28|disk quota|file too large|os error 27/i.test(error.message)) {
    return new ClipError(
      `${uri} cannot be ${doing}: the disk is full`,
      { hint: 'make room and go on' },
      { cause: error },
    );
  }
  if (/permission denied|os error 13|read-only file system|os error 30/i.test(error.message)) {
    return new ClipError(
      `${uri} cannot be ${doing}: no permission`,
      { hint: 'is it yours?' },
      { cause: error },
    );
  }
  const complaint = storeFailure(error.message) ?? { got: plainReason(error.message) };
  return new ClipError(`${uri} cannot be ${doing}`, complaint, { cause: error });
}

/** What a message of LanceDB's core says to people. */
export function plainReason(message: string): string {
  return message
    .replace(/^Failed to execute query stream: GenericFailure, /, '')
    .replace(/^Invalid input, /, '')
    .replace(/,? ?\/[^\s,]*\.rs:\d+(:\d+)?/g, '') // where in its source
    .split(/\s*Caused by:/)[0]!
    .trim();
}
