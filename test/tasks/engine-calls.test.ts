// Memory that ends: faults injected where an engine would throw them.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { EngineCalls } from '../../src/tasks/engine-calls.ts';

beforeAll(() => startEngine('cpu'));

/** An engine with room for `room` rows; each row is its own number. */
function encodeWith(room: number, sizes: number[], message = 'OOM when allocating tensor with shape[32,50]') {
  return (start: number, end: number): tf.Tensor2D => {
    sizes.push(end - start);
    const rows = tf.reshape(tf.range(start, end), [end - start, 1]) as tf.Tensor2D;
    if (end - start > room) throw new Error(message);
    return rows;
  };
}

test('a batch that is too large goes in two halves, and so do all after it; it is said once', async () => {
  const notes: string[] = [];
  const sizes: number[] = [];
  const calls = new EngineCalls('native', 'pictures', (note) => notes.push(note));
  const before = tf.memory().numTensors;
  const encode = encodeWith(16, sizes);
  expect([...(await calls.run(31, encode))]).toEqual(Array.from({ length: 31 }, (_, i) => i));
  expect([...(await calls.run(4, encode))]).toEqual([0, 1, 2, 3]);
  expect(sizes).toEqual([31, 16, 15, 2, 2]);
  expect(notes).toEqual(['the engine native has not enough memory for 31 pictures at once: on with 16']);
  expect(tf.memory().numTensors).toBe(before);
  expect(calls.busy).toBeGreaterThan(0);
  expect(calls.busy).toBeLessThanOrEqual(1);
});

test('half a batch that is too large as well ends it, in one line', async () => {
  const sizes: number[] = [];
  const calls = new EngineCalls('cuda', 'pictures', () => {});
  const before = tf.memory().numTensors;
  await expect(calls.run(32, encodeWith(8, sizes))).rejects.toThrow(
    'the engine cuda has not enough memory for 16 pictures at once: got no room for a tensor of shape[32,50] (a smaller --batch needs less)',
  );
  expect(sizes).toEqual([32, 16]);
  expect(tf.memory().numTensors).toBe(before);
});

test('an engine that says something else once its memory has ended is still out of memory', async () => {
  const encode = (start: number, end: number): tf.Tensor2D => {
    throw new Error(end - start === 4 ? 'Aborted(OOM)' : 'memory access out of bounds');
  };
  const calls = new EngineCalls('wasm', 'texts', () => {});
  await expect(calls.run(4, encode)).rejects.toThrow(/wasm has not enough memory for 2 texts at once/);
});

test('one picture cannot be halved, other errors are not about memory, and NaN is no feature', async () => {
  const calls = () => new EngineCalls('native', 'pictures', () => {});
  await expect(calls().run(1, encodeWith(0, []))).rejects.toThrow(
    /not enough memory for one of the pictures/,
  );
  await expect(calls().run(4, encodeWith(0, [], 'a bug'))).rejects.toThrow('a bug');
  const nan = (start: number, end: number) => tf.fill([end - start, 1], Number.NaN) as tf.Tensor2D;
  await expect(calls().run(2, nan)).rejects.toThrow(/features of the pictures are not finite/);
});
