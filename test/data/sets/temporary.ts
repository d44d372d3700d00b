// A temporary folder with files in it, for tests of what is read from disk.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { ClipError } from '../../../src/errors.ts';

/** Makes a folder with `files` (their contents by path; an ending slash makes a folder) that goes when the tests end. */
export function temporaryFolder(files: Record<string, string | Uint8Array>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sets-')));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    const isFolder = path.endsWith('/');
    mkdirSync(isFolder ? join(folder, path) : dirname(join(folder, path)), { recursive: true });
    if (!isFolder) writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The one line with which an attempt, begun or not, is refused. */
export async function refusal(attempt: Promise<unknown> | (() => unknown)): Promise<string> {
  const error: unknown = await Promise.resolve()
    .then(() => (typeof attempt === 'function' ? attempt() : attempt))
    .then(
      () => new Error('it was accepted'),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(ClipError);
  const { message } = error as ClipError;
  expect(message).not.toMatch(/[\r\n]/);
  return message;
}
