// A real S3 server for a test, moto's: on a free port, with nothing on the disk, ended with the test.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { endProcess, freePort } from './server-process.ts';

/** Where moto_server is; MOTO_SERVER names it where it is not on PATH. */
const MOTO = process.env.MOTO_SERVER ?? 'moto_server';

/** Whether moto_server runs here; where it does not, prints why tests are skipped. */
export function hasS3(): boolean {
  const found = spawnSync(MOTO, ['--help'], { stdio: 'ignore' }).status === 0;
  if (!found)
    console.log('skipped: tests of an object store, for moto_server is neither on PATH nor $MOTO_SERVER');
  return found;
}

export class S3Server {
  url = '';
  #process: ChildProcess | undefined;

  /** Starts it, with an empty bucket. */
  async start(bucket: string): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.#process = spawn(MOTO, ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
    while (!(await this.#make(bucket))) await new Promise((resolve) => setTimeout(resolve, 100));
  }

  async #make(bucket: string): Promise<boolean> {
    if (this.#process!.exitCode !== null) throw new Error(`moto_server ended: ${this.#process!.exitCode}`);
    try {
      return (await fetch(`${this.url}/${bucket}`, { method: 'PUT' })).ok;
    } catch {
      return false; // it does not listen yet
    }
  }

  /** From now on, or no more, it asks who one is; it knows nobody. */
  async authenticate(isOn: boolean): Promise<void> {
    const body = isOn ? '0' : 'inf'; // requests that are answered before
    const { ok } = await fetch(`${this.url}/moto-api/reset-auth`, { method: 'POST', body });
    if (!ok) throw new Error('moto_server did not take reset-auth');
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await endProcess(running);
  }
}
