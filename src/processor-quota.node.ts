// The limit that a container (a control group of Linux) puts on a process's processor time, in processors. Node 20 does not
// know of it: os.availableParallelism() is the affinity mask alone.
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Processors' worth of time that this process may use, such as 1.5; Infinity without a limit. `root` is the file system's. */
export function processorQuota(root: string = '/'): number {
  const groups = read(root, 'proc/self/cgroup')?.trim().split('\n') ?? [];
  return Math.min(Number.POSITIVE_INFINITY, ...groups.flatMap((line) => quotasOf(root, line)));
}

/** Those of a line of /proc/self/cgroup, `number:controllers:path`, and of the groups around it. */
function quotasOf(root: string, line: string): number[] {
  const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  if (controllers === '') {
    return ['', 'unified'].flatMap((mount) =>
      groupsAround(path).map((group) => version2(root, mount, group)),
    );
  }
  if (!controllers.split(',').includes('cpu')) return [];
  return ['cpu', controllers].flatMap((mount) =>
    groupsAround(path).map((group) => version1(root, mount, group)),
  );
}

/** The group and all around it. A container may see its own as the outermost, whatever its path says. */
function groupsAround(path: string): string[] {
  const groups = [path];
  for (let group = path; group !== '/' && group !== '.'; group = posix.dirname(group))
    groups.push(posix.dirname(group));
  return groups;
}

/** `max 100000`, or `150000 100000`: microseconds of processor time in so many of real time. */
function version2(root: string, mount: string, group: string): number {
  const [quota, period] = read(root, 'sys/fs/cgroup', mount, group, 'cpu.max')?.split(/\s+/) ?? [];
  return processors(quota, period);
}

/** The same in two files; without a limit the first holds -1. */
function version1(root: string, mount: string, group: string): number {
  const folder = ['sys/fs/cgroup', mount, group];
  return processors(read(root, ...folder, 'cpu.cfs_quota_us'), read(root, ...folder, 'cpu.cfs_period_us'));
}

function processors(quota?: string, period?: string): number {
  const limit = Number(quota?.trim() || Number.NaN) / Number(period?.trim() || Number.NaN);
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

function read(...path: string[]): string | undefined {
  try {
    return readFileSync(posix.join(...path), 'utf8');
  } catch {
    return undefined; // no such group, or another system than Linux
  }
}
