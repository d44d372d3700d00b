// Many callers, one call: what goes together, what does not, and what becomes of errors and of those who leave.
import { expect, test } from 'vitest';
import { Batcher } from '../../src/serve/batcher.ts';
import { BoundedCache } from '../../src/serve/bounded-cache.ts';

/** A batcher whose calls are noted, and end when they are told to. */
function held(windowMs: number, largest: number) {
  const calls: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const batcher = new Batcher<number, number>({
    windowMs,
    largest,
    run: (items) => {
      calls.push([...items]);
      return new Promise((resolve, reject) => {
        ends.push((error) => (error ? reject(error) : resolve(items.map((item) => item * 10))));
      });
    },
  });
  return { batcher, calls, ends };
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('what comes within the window goes together, each caller getting its own results', async () => {
  const calls: number[][] = [];
  const batcher = new Batcher<number, number>({
    windowMs: 5,
    largest: 10,
    run: async (items) => {
      calls.push([...items]);
      return items.map((item) => item * 10);
    },
  });
  const answers = await Promise.all([batcher.add([1, 2]), batcher.add([]), batcher.add([3])]);
  expect(answers).toEqual([[10, 20], [], [30]]);
  expect(calls).toEqual([[1, 2, 3]]);
  expect(batcher.counts).toEqual({ calls: 1, items: 3 });
});

test('a call takes no more than the largest batch; one caller may be parted over several', async () => {
  const { batcher, calls, ends } = held(0, 2);
  const first = batcher.add([1, 2, 3]);
  const second = batcher.add([4]);
  await turns();
  expect(calls).toEqual([[1, 2]]); // no second call while the first is under way
  expect(batcher.waiting).toBe(2);
  ends[0]!();
  await turns();
  expect(calls).toEqual([
    [1, 2],
    [3, 4],
  ]);
  ends[1]!();
  expect(await first).toEqual([10, 20, 30]);
  expect(await second).toEqual([40]);
});

test('a full batch does not wait for the window', async () => {
  const { batcher, calls, ends } = held(3_600_000, 2);
  const both = Promise.all([batcher.add([1]), batcher.add([2])]);
  await turns();
  expect(calls).toEqual([[1, 2]]);
  ends[0]!();
  await both;
});

test('a call that fails fails those in it, and no others', async () => {
  const { batcher, ends } = held(0, 1);
  const first = batcher.add([1]);
  const second = batcher.add([2]);
  await turns();
  ends[0]!(new Error('no memory'));
  await expect(first).rejects.toThrow('no memory');
  await turns();
  ends[1]!();
  expect(await second).toEqual([20]);
});

test('who leaves while it waits is never computed; a caller in several calls that fails in one leaves the queue', async () => {
  const { batcher, calls, ends } = held(0, 1);
  const controller = new AbortController();
  const first = batcher.add([1]);
  const left = batcher.add([2, 3], controller.signal);
  const last = batcher.add([4, 5]);
  await turns();
  controller.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  expect(batcher.waiting).toBe(2);
  ends[0]!();
  await first;
  await turns();
  ends[1]!(new Error('no memory'));
  await expect(last).rejects.toThrow('no memory');
  await turns();
  expect(calls).toEqual([[1], [4]]);
  expect(batcher.waiting).toBe(0);
  await expect(batcher.add([6], controller.signal)).rejects.toThrow('gone');
});

test('a bounded cache forgets what was not used the longest', () => {
  const cache = new BoundedCache<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
});
