// Out of memory, as the engines say it, and errors that are not that.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { isOutOfMemory, outOfMemory } from '../../src/backend/out-of-memory.ts';
import { ClipError } from '../../src/errors.ts';

test.each([
  'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[4,5] and type float on /device:GPU:0 by allocator GPU_0_bfc',
  'Invalid TF_Status: 13\nMessage: failed to create cublas handle: CUBLAS_STATUS_ALLOC_FAILED',
  'Failed call to cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
  'Invalid TF_Status: 8\nMessage: failed to allocate memory',
  'Array buffer allocation failed',
  'Aborted(). Build with -sASSERTIONS for more info.',
])('%j is out of memory', (message) => {
  expect(isOutOfMemory(new Error(message))).toBe(true);
  expect(isOutOfMemory(new ClipError('it failed', {}, { cause: new Error(message) }))).toBe(true);
});

test.each([
  new Error('Invalid TF_Status: 3\nMessage: no ROOM in shape'),
  new ClipError('no such file'),
  'OOM',
  undefined,
])('%j is not', (error) => {
  expect(isOutOfMemory(error)).toBe(false);
});

// What an engine really throws, so that a new version that says it otherwise is noticed.
test.each(['cpu', 'native'])('a tensor of 640 GB on %s', async (engine) => {
  try {
    await startEngine(engine);
  } catch (error) {
    console.log(`skipped: out of memory on ${engine}; ${(error as Error).message}`);
    return;
  }
  let thrown: unknown;
  try {
    tf.fill([400_000, 400_000], 2).dataSync(); // TensorFlow waits ten seconds for memory to come free
  } catch (error) {
    thrown = error;
  }
  expect(isOutOfMemory(thrown)).toBe(true);
  const line = outOfMemory('32 pictures at once', engine, thrown);
  expect(line.message).toMatch(
    /^the engine \w+ has not enough memory for 32 pictures at once.*smaller --batch/,
  );
  expect(line.message).not.toContain('\n');
});
