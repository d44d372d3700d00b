// The built command line, run as a user runs it: another process, in a temporary folder.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder that is gone after the tests, and a function that runs a command in it. */
export function commandLine(): { folder: string; clip: (...args: string[]) => Outcome } {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const clip = (...args: string[]): Outcome => {
    const environment = { ...process.env, HOME: folder }; // nobody's own cache
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    return { status, stdout, stderr };
  };
  return { folder, clip };
}
