// CUDA's libraries that this machine has already: where they usually lie, and whether they are new enough.
import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isOlder } from '../cuda/driver.node.ts';
import type { CudaWheel } from './recipe-cuda.ts';
import { run } from './run.node.ts';

export interface SystemLibraries {
  set: CudaWheel['set'];
  version: string;
  folder: string;
  /** Paths, in the order of the recipe. */
  files: string[];
}

/** The library whose file's name has the version in it, and the oldest that TensorFlow was made for. */
const OLDEST: Record<CudaWheel['set'], { library: string; version: number[] }> = {
  CUDA: { library: 'libcudart.so.12', version: [12, 5] },
  cuDNN: { library: 'libcudnn.so.9', version: [9, 3] },
};

/** Each set that is whole in one folder, and new enough. */
export async function findSystemLibraries(
  wheels: readonly CudaWheel[],
  folders: readonly string[],
): Promise<SystemLibraries[]> {
  const found: SystemLibraries[] = [];
  for (const set of new Set(wheels.map((wheel) => wheel.set))) {
    const names = wheels.filter((wheel) => wheel.set === set).flatMap(({ libraries }) => libraries);
    const { library, version: oldest } = OLDEST[set];
    for (const folder of folders) {
      const files = names.map((name) => join(folder, name));
      if (!files.every((file) => existsSync(file))) continue;
      const [, version] = /\.so\.(\d+(?:\.\d+)+)$/.exec(await realpath(join(folder, library))) ?? [];
      if (version === undefined || isOlder(version, oldest)) continue;
      found.push({ set, version, folder, files });
      break;
    }
  }
  return found;
}

/** Where such libraries lie, what the user has named first: no folder twice. */
export async function cudaFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { LD_LIBRARY_PATH = '', CUDA_HOME, CUDA_PATH, CONDA_PREFIX } = env;
  const toolkits = (await readdir('/usr/local').catch(() => []))
    .filter((name) => /^cuda(-12.*)?$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join('/usr/local', name, 'lib64'));
  const named = [CUDA_HOME, CUDA_PATH].map((root) => root && join(root, 'lib64'));
  const conda = CONDA_PREFIX && join(CONDA_PREFIX, 'lib');
  const all = [...LD_LIBRARY_PATH.split(':'), ...named, conda, ...toolkits, ...(await loaderFolders(env))];
  return [...new Set(all.filter((folder): folder is string => Boolean(folder)))];
}

/** The folders in which the system's loader knows a library of CUDA. */
async function loaderFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  for (const program of ['ldconfig', '/sbin/ldconfig']) {
    const answer = await run(program, ['-p'], { env, what: '', hint: '' }).catch(() => '');
    const paths = [...answer.matchAll(/lib(?:cudart|cudnn)\.so\.\S+ .*=> (\S+)/g)];
    if (answer) return paths.map(([, path]) => dirname(path!));
  }
  return [];
}
