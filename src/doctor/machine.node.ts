// What this program runs on: Node, npm, the processor, the memory, and what a container leaves of them.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { promisify } from 'node:util';
import { processorFeatures } from '../backend/processor.node.ts';
import { thisMachine } from '../backend/setup/before.node.ts';
import { type ThreadCount, threadCount } from '../backend/threads/thread-count.node.ts';

export interface MachineFacts {
  version: string;
  node: string;
  npm: string | null;
  system: string;
  processor: string;
  processors: number;
  /** The vector instructions that engines use, of those that Linux tells of. */
  simd: string[];
  /** Bytes. `limit` is a container's, where it has one below `total`. */
  memory: { total: number; free: number; limit: number | null };
  /** What engines take, and why. */
  threads: ThreadCount;
}

const SIMD = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'asimd', 'sve'];

export async function machineFacts(): Promise<MachineFacts> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const features = processorFeatures() ?? [];
  const { glibc } = thisMachine();
  const [total, limit] = [os.totalmem(), process.constrainedMemory()];
  return {
    version,
    node: process.versions.node,
    npm: await npmVersion(),
    system: `${os.type()} ${os.release()} on ${process.arch}${glibc ? `, glibc ${glibc}` : ''}`,
    processor: os.cpus()[0]?.model.trim() || 'unknown',
    processors: os.cpus().length,
    simd: SIMD.filter((name) => features.includes(name)),
    memory: { total, free: os.freemem(), limit: limit && limit < total ? limit : null },
    threads: threadCount(),
  };
}

async function npmVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['--version'], { timeout: 20_000 });
    return stdout.trim();
  } catch {
    return null; // bun, pnpm and containers do without
  }
}
