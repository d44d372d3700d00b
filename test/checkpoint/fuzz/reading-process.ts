// A process that reads damaged files, watched from outside: one that never ends or takes too much memory is a failure
// with the file's name, and nothing that the tests themselves must endure.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sparse } from './hostile-parts.ts';
import type { Ending, ReaderName, Task } from './reader.ts';

/**
 * No damaged file may take longer. The longest take a second, which is that of 128 MB being unpacked into memory that is
 * touched for the first time; on a virtual machine whose host is short of memory that alone took twice as long.
 */
const LONGEST_MS = 10_000;
/** After this long without an answer a file hangs: far more than LONGEST_MS, for the machine may be busy. */
const HANG_MS = 30_000;

export interface Limits {
  longestMs?: number;
  hangMs?: number;
}

export class ReadingProcess {
  readonly #child: ChildProcess;
  readonly #longestMs: number;
  readonly #hangMs: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'clip-fuzz-'));
  /** The most memory the process had when it last answered, in MB. */
  peak = 0;
  slowest: { label: string; ms: number } = { label: 'none', ms: 0 };

  /** `heapMB`: JavaScript's own memory; going beyond it ends the process. */
  constructor(heapMB: number, { longestMs = LONGEST_MS, hangMs = HANG_MS }: Limits = {}) {
    this.#longestMs = longestMs;
    this.#hangMs = hangMs;
    this.#child = fork(new URL('reader.ts', import.meta.url), {
      execArgv: ['--import', 'tsx', `--max-old-space-size=${heapMB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  }

  /**
   * Has a file read. The answer is the ClipError's message, or undefined where it was read whole. Throws, naming
   * `label`, for another error, a message of several lines, too long a time, or the process's end.
   */
  async read(
    label: string,
    file: Uint8Array | Sparse,
    reader: ReaderName = 'checkpoint',
  ): Promise<string | undefined> {
    const { refused, crash, ms, peak } = await this.#send(label, this.#task(file, reader));
    this.peak = peak;
    if (ms > this.slowest.ms) this.slowest = { label, ms };
    if (crash) throw new Error(`${label} ended in no ClipError: ${crash}`);
    if (ms > this.#longestMs) throw new Error(`${label} took ${Math.round(ms)} ms`);
    if (refused !== undefined && (refused.length > 1000 || /[\n\r]/.test(refused))) {
      throw new Error(
        `${label}: the message is no single short line but ${refused.length} characters: ${refused.slice(0, 300)}`,
      );
    }
    return refused;
  }

  close(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }

  #task(file: Uint8Array | Sparse, reader: ReaderName): Task {
    if (file instanceof Uint8Array) {
      const path = join(this.#folder, 'file');
      writeFileSync(path, file);
      return { reader, path };
    }
    const pieces = file.pieces.map(([offset, bytes]): [number, string] => [
      offset,
      Buffer.from(bytes).toString('base64'),
    ]);
    return { reader, sparse: { size: file.size, pieces } };
  }

  #send(label: string, task: Task): Promise<Ending> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (use: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        use();
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(() => reject(new Error(`${label} hangs: no answer in ${this.#hangMs} ms`)));
      }, this.#hangMs);
      child.once('message', (ending: Ending) => settle(() => resolve(ending)));
      child.once('exit', (code, signal) =>
        settle(() => reject(new Error(`${label} ended the process: ${signal ?? `status ${code}`}`))),
      );
      child.send(task);
    });
  }
}
