// The built command line, run as a user runs it: another process, in a temporary folder.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const ROOT: string = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command and waits for its end; `at` runs another copy of the program. */
export interface Run {
  (...args: string[]): Outcome;
  at(main: string, ...args: string[]): Outcome;
}

/** A folder that is gone after the tests, and a function that runs a command in it. */
export function commandLine(): { folder: string; clip: Run } {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = (main: string, ...args: string[]): Outcome => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...process.env, HOME: folder }, // nobody's own cache
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    return { status, stdout, stderr };
  };
  return { folder, clip: Object.assign((...args: string[]) => at(MAIN, ...args), { at }) };
}
