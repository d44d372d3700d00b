// How many threads: what was asked for, the environment, the processors, a container's limit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { threadCount } from '../../../src/backend/threads/thread-count.node.ts';
import { processorQuota } from '../../../src/processor-quota.node.ts';

const roots: string[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A file system's root with these files. */
function rootWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const OWN = 'proc/self/cgroup';
const MOUNT = 'sys/fs/cgroup';

describe('the limit of a container', () => {
  test.each<[string, number, Record<string, string>]>([
    ['another system', Infinity, {}],
    ['version 2, its own group', 1.5, { [OWN]: '0::/\n', [`${MOUNT}/cpu.max`]: '150000 100000\n' }],
    ['version 2, no limit', Infinity, { [OWN]: '0::/a\n', [`${MOUNT}/a/cpu.max`]: 'max 100000\n' }],
    [
      'version 2, the least of the groups around it',
      2,
      {
        [OWN]: '0::/a/b\n',
        [`${MOUNT}/a/b/cpu.max`]: 'max 100000\n',
        [`${MOUNT}/a/cpu.max`]: '200000 100000\n',
        [`${MOUNT}/cpu.max`]: '400000 100000\n',
      },
    ],
    [
      'version 2, a path from outside the container',
      3,
      { [OWN]: '0::/../../docker/1f\n', [`${MOUNT}/cpu.max`]: '300000 100000' },
    ],
    [
      'version 1',
      0.5,
      {
        [OWN]: '4:memory:/x\n3:cpu,cpuacct:/docker/1f\n0::/\n',
        [`${MOUNT}/cpu,cpuacct/docker/1f/cpu.cfs_quota_us`]: '50000\n',
        [`${MOUNT}/cpu,cpuacct/docker/1f/cpu.cfs_period_us`]: '100000\n',
      },
    ],
    [
      'version 1, no limit',
      Infinity,
      {
        [OWN]: '1:cpu:/\n',
        [`${MOUNT}/cpu/cpu.cfs_quota_us`]: '-1\n',
        [`${MOUNT}/cpu/cpu.cfs_period_us`]: '100000\n',
      },
    ],
    ['a file of something else', Infinity, { [OWN]: 'none\n\n', [`${MOUNT}/cpu.max`]: 'x y z' }],
    ['an empty file', Infinity, { [OWN]: '0::/', [`${MOUNT}/cpu.max`]: '' }],
  ])('%s', (_, expected, files) => {
    expect(processorQuota(rootWith(files))).toBe(expected);
  });

  test('this machine’s is a number above 0', () => {
    expect(processorQuota()).toBeGreaterThan(0);
  });
});

describe('the number of threads', () => {
  test('is what was asked for, before what the environment says', () => {
    vi.stubEnv('OMP_NUM_THREADS', '7');
    expect(threadCount(3)).toEqual({ count: 3, source: 'asked' });
    expect(threadCount()).toEqual({ count: 7, source: 'OMP_NUM_THREADS' });
    expect(() => threadCount(0)).toThrow('no such number of threads: expected 1 … 1024, got 0');
  });

  test.each([
    ['4,2', 4],
    [' 3 ', 3],
    ['99999', 1024],
  ])('OMP_NUM_THREADS=%s', (text, count) => {
    vi.stubEnv('OMP_NUM_THREADS', text);
    expect(threadCount()).toEqual({ count, source: 'OMP_NUM_THREADS' });
  });

  test.each(['', 'many', '0', '-2'])('OMP_NUM_THREADS=%j is passed over', (text) => {
    vi.stubEnv('OMP_NUM_THREADS', text);
    const { count, source } = threadCount();
    expect(source).not.toBe('OMP_NUM_THREADS');
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(availableParallelism());
  });
});
