// Whether Linux has what Dawn needs to find a GPU. Dawn would look itself, and report what it misses in many lines on stderr.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const { env } = process;
const LOADER = 'libvulkan.so.1';
/** Where Vulkan's loader looks for drivers, by its documentation: an absolute path for each, or these folders. */
const DRIVERS = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];
/** What the kernel shows of a GPU that computes: Mesa's drivers, NVIDIA's, Windows' below WSL, Arm's, Qualcomm's. */
const GPU = /^(dri\/renderD\d+|nvidia\d+|dxg|mali\d+|kgsl-3d\d+)$/;

/** What is missing, by name; undefined where nothing is, and on other systems, whose WebGPU is not Vulkan's. */
export function missingVulkan(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (!hasLoader()) return `Vulkan’s loader, ${LOADER}, is not here`;
  if (DRIVERS.some((name) => env[name])) return undefined; // whoever names a driver may mean one without a GPU
  if (!driverFolders().some(hasDriver)) return 'no Vulkan driver is here';
  return hasGPU() ? undefined : 'no GPU is here';
}

function hasLoader(): boolean {
  const cache = '/etc/ld.so.cache';
  if (!existsSync(cache) || readFileSync(cache).includes(LOADER)) return true; // without a cache, Dawn has to look
  return (env.LD_LIBRARY_PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder || '.', LOADER)));
}

function driverFolders(): string[] {
  const home = homedir();
  const lists = [
    env.XDG_CONFIG_HOME ?? join(home, '.config'),
    env.XDG_CONFIG_DIRS ?? '/etc/xdg',
    '/usr/local/etc:/etc',
    env.XDG_DATA_HOME ?? join(home, '.local/share'),
    env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share',
  ];
  return lists.flatMap((list) => list.split(delimiter)).map((folder) => join(folder, 'vulkan/icd.d'));
}

function hasDriver(folder: string): boolean {
  return filesIn(folder).some((file) => file.endsWith('.json'));
}

function hasGPU(): boolean {
  return [...filesIn('/dev'), ...filesIn('/dev/dri').map((file) => `dri/${file}`)].some((name) =>
    GPU.test(name),
  );
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
