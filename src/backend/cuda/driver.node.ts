// What stands between TensorFlow and an NVIDIA GPU on this machine, as far as it can be known without loading either.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The driver's two libraries. Without the second TensorFlow 2.21 finds no GPU, and does not say why. */
export const DRIVER_LIBRARIES = ['libcuda.so.1', 'libnvidia-ml.so.1'] as const;
/** The oldest driver for Linux that runs programs made for CUDA 12, as NVIDIA's table of compatibility has it. */
const OLDEST: readonly number[] = [525, 60, 13];

/** Why no GPU can be used here, in a few words; undefined where nothing speaks against it. Takes milliseconds. */
export function driverProblem(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (process.platform !== 'linux') return 'CUDA runs on Linux alone, on Windows in WSL2';
  const missing = DRIVER_LIBRARIES.filter((name) => !canBeLoaded(name));
  if (missing.length > 0) return `no NVIDIA driver: ${missing.join(' and ')} missing`;
  const version = kernelDriver();
  if (version && isOlder(version)) {
    return `the NVIDIA driver is too old for CUDA 12: expected ${OLDEST.join('.')} or newer, got ${version}`;
  }
  const visible = env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined && /^(\s*|-1.*)$/.test(visible)) return 'CUDA_VISIBLE_DEVICES hides every GPU';
  return undefined;
}

/** Whether the system's loader finds a library and all that it needs, wherever it looks. */
export function canBeLoaded(name: string): boolean {
  try {
    process.dlopen({ exports: {} }, name); // it is unloaded at once, for it is no module of Node's
    return true;
  } catch (error) {
    return /did not self-register/.test((error as Error).message);
  }
}

/** The version of the driver in the kernel, such as 550.54.15; WSL2 keeps it elsewhere. */
function kernelDriver(file = '/proc/driver/nvidia/version'): string | undefined {
  try {
    return driverVersionIn(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** From the kernel's line, `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue …` and its kin. */
export function driverVersionIn(text: string): string | undefined {
  return /Kernel Module\D+(\d+(?:\.\d+)+)/.exec(text.replaceAll('x86_64', ''))?.[1];
}

export function isOlder(version: string, oldest: readonly number[] = OLDEST): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, least] of oldest.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

export interface Gpu {
  name: string;
  /** Bytes. */
  memory: number;
  driver: string;
  /** Such as 8.6. */
  capability: string;
}

const QUERY = 'name,memory.total,driver_version,compute_cap';

/** The GPUs that nvidia-smi names; none where it is not there or does not answer. */
export async function listGpus(): Promise<Gpu[]> {
  const query = [`--query-gpu=${QUERY}`, '--format=csv,noheader,nounits'];
  for (const program of ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi']) {
    try {
      const { stdout } = await promisify(execFile)(program, query, { timeout: 20_000 });
      return gpusIn(stdout);
    } catch {} // the next one
  }
  return [];
}

/** From nvidia-smi's lines: `NVIDIA A10, 23028, 550.54.15, 8.6`. */
export function gpusIn(text: string): Gpu[] {
  return text
    .split('\n')
    .map((line) => line.split(', '))
    .filter((fields) => fields.length === QUERY.split(',').length)
    .map(([name = '', mebibytes, driver = '', capability = '']) => {
      return { name, memory: Number(mebibytes) * 2 ** 20, driver, capability: capability.trim() };
    });
}
