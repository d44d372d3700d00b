// Signals that come while native computes: Ctrl-C, a terminal's new size, a profiler's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';

const hasNative = await startEngine('native').catch(() =>
  console.log('skipped: signals on the engine native, which is not set up (clip-tfjs setup native)'),
);

test.skipIf(!hasNative)('break neither its memory nor its numbers', { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'computing.ts')]);
  let said = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const ended = once(child, 'close').finally(() => {
    isOver = true;
  });
  while (!isOver) {
    if (said.includes('ready')) child.kill('SIGWINCH');
    await new Promise(setImmediate);
  }
  expect(await ended, said).toEqual([0, null]);
  const { others, signals } = JSON.parse(said.trim().split('\n').at(-1)!);
  expect(others).toBe(0);
  expect(signals).toBeGreaterThan(100);
});
