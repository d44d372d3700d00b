// A process whose wasm engine has threads: its globals are as they were, nothing is printed, and it ends when it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from './support.ts';

const WORK = `
  await startEngine('wasm', { threads: 2 });
  const a = tf.ones([500, 500]);
  const work = () => tf.dispose(tf.matMul(a, a));`;

test('globals and listeners are as they were', () => {
  const seen = `JSON.stringify([
    Object.getOwnPropertyNames(globalThis).sort(),
    ['uncaughtException', 'unhandledRejection', 'exit'].map((event) => process.listenerCount(event)),
  ])`;
  const { stdout, stderr } = runProgram(`
    const before = ${seen};
    ${WORK}
    console.log(before === ${seen});`);
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
});

test.each([
  ['its end', 'work();', 0, ''],
  ['process.exit', 'work(); process.exit(3);', 3, ''],
  ['an exception', 'work(); setTimeout(() => { throw new Error("on purpose"); });', 1, 'Error: on purpose'],
  ['a rejection', 'work(); Promise.reject(new Error("on purpose"));', 1, 'Error: on purpose'],
  ['the engine’s end', 'tf.dispose(a); tf.removeBackend("wasm");', 0, ''],
])('%s ends the process', (_, program, status, message) => {
  const run = runProgram(`${WORK} ${program}`);
  expect(run).toMatchObject({ status, signal: null, stdout: '' });
  if (message === '') expect(run.stderr).toBe('');
  else expect(run.stderr).toContain(message);
});

test.skipIf(process.platform === 'win32')('Ctrl-C ends it in the middle of its work', async () => {
  const src = join(import.meta.dirname, '../../../src');
  const program = `
    const tf = await import('@tensorflow/tfjs-core');
    const { startEngine } = await import(${JSON.stringify(join(src, 'backend/engines.node.ts'))});
    ${WORK}
    console.log('busy');
    for (;;) work();`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  child.stderr.on('data', (text) => console.log(`${text}`));
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [status, signal] = await once(child, 'exit');
  expect([status, signal]).toEqual([null, 'SIGINT']);
});
