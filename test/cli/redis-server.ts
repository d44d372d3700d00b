// A real redis-server for a test: on a free port, in a temporary folder, ended with the test.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, freePort } from './server-process.ts';

/** Whether redis-server is on PATH; where it is not, prints why tests are skipped. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found) console.log('skipped: tests of the queue, for redis-server is not on PATH');
  return found;
}

export class RedisServer {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'clip-tfjs-redis-'));
  port = 0;
  #process: ChildProcess | undefined;

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again with what it had: every write is on the disk. */
  async start(...args: string[]): Promise<void> {
    this.port ||= await freePort();
    const own = ['--port', `${this.port}`, '--dir', this.folder, '--save', '', '--appendonly', 'yes'];
    const always = ['--appendfsync', 'always', '--bind', '127.0.0.1'];
    this.#process = spawn('redis-server', [...own, ...always, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => {
      this.#process!.stdout!.on(
        'data',
        (said) => `${said}`.includes('Ready to accept connections') && resolve(),
      );
    });
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await endProcess(running);
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
