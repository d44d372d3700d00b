// wasm with threads in Node: the same numbers, another count where nothing lives on it, one thread where there can be no
// more, and a process that is as it was.
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src/backend/engines.node.ts';
import { wasmModule } from '../../../src/backend/kernels/wasm/backend.ts';
import { runProgram } from './support.ts';

/** What a large product of matrices, a sum and a softmax come to. */
function values(): number[] {
  return tf.tidy(() => {
    const x = tf.tensor2d(
      Float32Array.from({ length: 300 * 200 }, (_, i) => Math.sin(i)),
      [300, 200],
    );
    const product = tf.matMul(x, x, false, true); // [300, 300]
    const sums = tf.sum(tf.softmax(product), 0); // [300]
    return [...tf.concat([sums, tf.reshape(product, [-1])]).dataSync()];
  });
}

describe('with threads', () => {
  let notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  beforeEach(() => {
    notes = [];
  });

  test('computes the same, whatever their number', async () => {
    const found: number[][] = [];
    for (const threads of [1, 2, 3, 8]) {
      await startEngine('wasm', { threads, onNote });
      expect(wasmModule().threads).toBe(threads);
      expect(wasmModule().memory.buffer instanceof SharedArrayBuffer).toBe(threads > 1);
      found.push(values());
    }
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
    expect(notes).toEqual([]);
  });

  test('it begins anew where it was taken out of TensorFlow.js, and where upstream was imported first', async () => {
    await startEngine('wasm', { threads: 2 });
    tf.removeBackend('wasm');
    await startEngine('wasm', { threads: 2 });
    expect(wasmModule().threads).toBe(2);
    const { stdout, stderr } = runProgram(`
      await import('@tensorflow/tfjs-backend-wasm');
      await startEngine('wasm', { threads: 2 });
      console.log(tf.getBackend(), wasmModule().threads);`);
    expect({ stdout, stderr }).toEqual({ stdout: 'wasm 2\n', stderr: '' });
  });

  test('it takes eight at most, and says so', async () => {
    await startEngine('wasm', { threads: 12, onNote });
    expect(wasmModule().threads).toBe(8);
    await startEngine('wasm', { threads: 12, onNote }); // it has what it can have
    expect(notes).toEqual(['wasm runs with 8 threads: it can use no more']);
  });

  test('another number waits until no tensor lives on it', async () => {
    await startEngine('wasm', { threads: 2 });
    const tensor = tf.tensor1d([1, 2, 3]);
    await startEngine('wasm', { threads: 3, onNote });
    expect(wasmModule().threads).toBe(2);
    expect(notes).toEqual(['wasm keeps the number of threads that it has: tensors live on it']);
    expect([...tensor.dataSync()]).toEqual([1, 2, 3]);
    tensor.dispose();
    await Promise.all([startEngine('wasm', { threads: 3 }), startEngine('wasm', { threads: 3 })]);
    expect(wasmModule().threads).toBe(3);
    await startEngine('wasm'); // whatever runs
    expect(wasmModule().threads).toBe(3);
  });

  test('memory grows under tensors that are there', async () => {
    await startEngine('wasm', { threads: 2 });
    const { memory } = wasmModule();
    const first = tf.tensor1d([1, 2, 3]);
    const before = memory.buffer.byteLength;
    const large = tf.fill([64, 1024, 1024], 2); // 256 MB
    expect(memory.buffer.byteLength).toBeGreaterThan(before + 2 ** 27);
    expect(tf.sum(tf.slice(large, [63], [1])).dataSync()[0]).toBe(2 ** 21);
    expect([...tf.add(first, 1).dataSync()]).toEqual([2, 3, 4]);
    tf.dispose([first, large]);
  });

  test.each([0, -1, 1.5, 1025, Number.NaN])('%s is no number of threads', async (threads) => {
    await expect(startEngine('wasm', { threads })).rejects.toThrow(
      `no such number of threads: expected 1 … 1024, got ${threads}`,
    );
  });
});

const SAYS = `
  await startEngine('wasm', { threads: 2, onNote });
  const a = tf.ones([300, 300]);
  console.log(JSON.stringify({ notes, threads: wasmModule().threads, value: tf.matMul(a, a).dataSync()[7] }));`;

/** What a program lacks, and the note that says so. */
const LACKS: { what: string; before?: string; flags?: string[]; note: string }[] = [
  {
    what: 'SharedArrayBuffer',
    before: 'delete globalThis.SharedArrayBuffer;',
    note: 'wasm runs with one thread: SharedArrayBuffer is not to be had here',
  },
  {
    what: 'shared memory',
    before: `
      const { Memory } = WebAssembly;
      WebAssembly.Memory = class { constructor(sizes) {
        if (sizes.shared) throw new RangeError('could not allocate memory\\nmore');
        return new Memory(sizes);
      } };`,
    note: 'wasm runs with one thread: could not allocate memory',
  },
  {
    what: 'workers',
    before: `
      import threads from 'node:worker_threads';
      import { syncBuiltinESMExports } from 'node:module';
      threads.Worker = class { constructor() { throw new Error('no workers for you'); } };
      syncBuiltinESMExports();`,
    note: 'wasm runs with one thread: no workers for you',
  },
  {
    what: 'workers that run',
    before: `
      import threads from 'node:worker_threads';
      import { syncBuiltinESMExports } from 'node:module';
      const { Worker } = threads;
      threads.Worker = class extends Worker { constructor(_, options) { super('process.exit(4)', options); } };
      syncBuiltinESMExports();`,
    note: 'wasm runs with one thread: a worker ended at once',
  },
  {
    what: 'workers without errors',
    before: `
      import threads from 'node:worker_threads';
      import { syncBuiltinESMExports } from 'node:module';
      const { Worker } = threads;
      threads.Worker = class extends Worker {
        constructor(_, options) { super('throw new Error("not today")', options); }
      };
      syncBuiltinESMExports();`,
    note: 'wasm runs with one thread: not today',
  },
  ...(process.arch === 'x64'
    ? [
        {
          what: 'SIMD',
          flags: ['--no-enable-sse4-1'], // V8 needs it for WebAssembly's vectors
          note: 'wasm runs slowly and with one thread: its vector instructions (SIMD) are not to be had here',
        },
      ]
    : []),
];
if (process.arch !== 'x64')
  console.log('skipped: wasm without SIMD, which a flag of Node turns off on x64 only');

test.each(LACKS)('without $what it runs with one thread and says so', ({ before, flags, note }) => {
  const { stdout, stderr, status } = runProgram(SAYS, { before: before ?? '', flags: flags ?? [] });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ notes: [note], threads: 1, value: 300 });
  expect(status).toBe(0);
});

test('with one processor it says why it has one thread; where that was asked for it says nothing', () => {
  const before = `
    import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    os.availableParallelism = () => 1;
    syncBuiltinESMExports();`;
  const program = (asked: string) => SAYS.replace('threads: 2,', asked);
  const notes = (asked: string, environment = {}) =>
    JSON.parse(runProgram(program(asked), { before, environment }).stdout).notes;
  expect(notes('')).toEqual(['wasm runs with one thread: this process may use one processor']);
  expect(notes('threads: 1,')).toEqual([]);
  expect(notes('', { OMP_NUM_THREADS: '1' })).toEqual([]);
});
