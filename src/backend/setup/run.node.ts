// Other programs, run to their end; what they say is kept, and told in one line when they fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { ClipError } from '../../errors.ts';

const KEPT = 1 << 20; // characters of output: npm's JSON is far shorter, a compiler's flood is cut at its start

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What it means for the user that the program failed, and what they can do. */
  what: string;
  hint: string;
  /** A file for all that it said, if it fails. */
  log?: string;
  /** It is ended if it takes longer: what drives a GPU may never answer. */
  seconds?: number;
}

/** A program that could be started and ended with another status than 0. */
export class ProgramFailed extends ClipError {}

const DISK_FULL = /no space left on device|ENOSPC|disk quota exceeded/i;
const ROOM = 'free some room, or let XDG_CACHE_HOME name a folder on another disk';

const running = new Set<ChildProcess>();

/** Ends every program that `run` has started. */
export function stopPrograms(): void {
  for (const child of running) child.kill();
}

/** Runs a program without a shell and returns its stdout. Throws ClipError when it is not there or fails. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, env, what, hint, log, seconds } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...{ cwd, env, stdio: ['ignore', 'pipe', 'pipe'] },
      ...(seconds && { timeout: seconds * 1000, killSignal: 'SIGKILL' }),
    });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT);
    });
    child.on('error', (error) => {
      running.delete(child);
      reject(new ClipError(what, { got: error.message, hint }, { cause: error }));
    });
    child.on('close', async (status, signal) => {
      running.delete(child);
      if (status === 0) return resolve(stdout);
      const command = [program, ...args].join(' ');
      if (log) await writeFile(log, `${command}\n\n${stdout}${stderr}`).catch(() => undefined); // a full disk
      const late = child.killed && signal === 'SIGKILL' ? `no answer within ${seconds} s` : '';
      const said = late || tellingLine(stderr || stdout);
      const got = said || `${program} ended with ${signal ?? `status ${status}`}`;
      reject(new ProgramFailed(what, { got, hint: DISK_FULL.test(got) ? ROOM : hint }));
    });
  });
}

/** The line that says why: the first of a compiler or of Node, else the last line that names an error, else the last one. */
export function tellingLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const kept = lines.filter((line) => line && !/complete log of this run|-debug-\d+\.log/.test(line));
  const errors = kept.filter((line) => /error|fatal|failed|cannot/i.test(line));
  return errors.find((line) => /(fatal )?[Ee]rror: /.test(line)) ?? errors.at(-1) ?? kept.at(-1) ?? '';
}
