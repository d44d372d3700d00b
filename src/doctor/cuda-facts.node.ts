// What of CUDA is on this machine: the driver, GPUs, and every library that TensorFlow looks for, by its file's name.
import { existsSync, readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  canBeLoaded,
  DRIVER_LIBRARIES,
  driverProblem,
  type Gpu,
  listGpus,
} from '../backend/cuda/driver.node.ts';
import { bindingIn, PACKAGES, packageFolder } from '../backend/packages.node.ts';
import { CUDA_WHEELS } from '../backend/setup/recipe-cuda.ts';
import { cudaFolders } from '../backend/setup/system-cuda.node.ts';

export interface CudaFacts {
  /** Why no GPU can be used, as far as the driver tells; null where nothing speaks against it. */
  problem: string | null;
  gpus: Gpu[];
  isSetUp: boolean;
  /** The folder is null for one that is missing. */
  libraries: { name: string; folder: string | null }[];
}

export async function cudaFacts(): Promise<CudaFacts> {
  const linked = await linkedLibraries();
  const folders = await cudaFolders(process.env);
  const find = (name: string): string | null => {
    const path = linked?.find((file) => file.endsWith(`/${name}`));
    if (path) return existsSync(path) ? dirname(path) : null;
    return folders.find((folder) => existsSync(join(folder, name))) ?? null;
  };
  const driver = DRIVER_LIBRARIES.map((name) => {
    return { name, folder: canBeLoaded(name) ? (find(name) ?? 'where the system looks') : null };
  });
  const names = CUDA_WHEELS.flatMap(({ libraries }) => libraries);
  return {
    problem: driverProblem() ?? null,
    gpus: await listGpus(),
    isSetUp: linked !== undefined,
    libraries: [...driver, ...names.map((name) => ({ name, folder: find(name) }))],
  };
}

/** The libraries that the binding of `setup cuda` names; undefined where there is none. */
async function linkedLibraries(): Promise<string[] | undefined> {
  const folder = packageFolder(PACKAGES.cuda);
  if (!folder) return undefined;
  try {
    const home = dirname(await realpath(bindingIn(folder)));
    const { of } = JSON.parse(readFileSync(join(home, 'clip-tfjs.json'), 'utf8')) as { of: string };
    return of.split(' ').slice(1);
  } catch {
    return []; // another binding than ours
  }
}
