// A program of its own for what changes a process: how it starts, what it lacks, how it ends.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SRC = join(import.meta.dirname, '../../../src');

export interface Run {
  /** Options of Node. */
  flags?: readonly string[];
  /** Runs before this package is imported. */
  before?: string;
  environment?: Record<string, string>;
  /** Milliseconds after which it is killed. */
  timeout?: number;
}

/** Runs `program` in a Node of its own: it has `tf`, `startEngine`, `wasmModule`, and `notes`, which `onNote` fills. */
export function runProgram(
  program: string,
  { flags = [], before = '', environment = {}, timeout = 60_000 }: Run = {},
): SpawnSyncReturns<string> {
  const script = `
    ${before}
    const tf = await import('@tensorflow/tfjs-core');
    const { startEngine } = await import(${JSON.stringify(join(SRC, 'backend/engines.node.ts'))});
    const { wasmModule } = await import(${JSON.stringify(join(SRC, 'backend/kernels/wasm/backend.ts'))});
    const notes = [];
    const onNote = (note) => notes.push(note);
    ${program}`;
  const { OMP_NUM_THREADS, ...env } = process.env;
  return spawnSync(process.execPath, [...flags, '--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout,
    env: { ...env, ...environment },
  });
}
