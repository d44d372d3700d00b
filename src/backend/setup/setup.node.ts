// clip-tfjs setup: from a plain install to TensorFlow's C library, on the CPU or with CUDA. Each step makes a folder that
// is whole or not there, and is skipped where it is there and whole. What is large is kept in the user's cache; the folder
// beside clip-tfjs, which an npm install may remove, is made from it in a moment, with no network.
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkRoom, checkWritable, freeBytes } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { driverProblem } from '../cuda/driver.node.ts';
import { whyNoGpu } from '../cuda/no-gpu.node.ts';
import { bindingIn } from '../packages.node.ts';
import { checkMachine, thisMachine } from './before.node.ts';
import { checkEngine } from './check.node.ts';
import { listParts, type Part, type PartName } from './parts.node.ts';
import { type Places, places } from './places.node.ts';
import type { Recipe, SetUpEngine } from './recipe.ts';
import { cudaFolders, findSystemLibraries, type SystemLibraries } from './system-cuda.node.ts';
import { isOurs, isWhole, makeWhole } from './whole-folder.node.ts';

export interface Step {
  name: PartName | 'check';
  state: 'done' | 'already there';
  seconds: number;
  /** The Python wheel that it is made of, if one. */
  wheel?: string;
}

export interface Begun {
  name: Step['name'];
  /** What is fetched for it, and whether an earlier attempt was cut off. */
  wheel?: { name: string; bytes: number };
  again?: boolean;
}

export interface SetupOptions {
  recipe?: Recipe;
  where?: Places;
  env?: NodeJS.ProcessEnv;
  /** `cuda` on a machine without an NVIDIA GPU, as for an image that will run elsewhere. */
  force?: boolean;
  /** Why this machine's GPU cannot be used, if so. */
  driver?: () => string | undefined;
  onBegin?: (begun: Begun) => void;
  onEnd?: (step: Step) => void;
  /** Bytes of Python's wheels that have arrived, of all that are missing. */
  onBytes?: (done: number, total: number) => void;
}

export interface Setup {
  engine: SetUpEngine;
  tensorflow: string;
  /** Whether it computes on a GPU here. */
  gpu: boolean;
  /** NVIDIA's libraries that were here already. */
  system: SystemLibraries[];
  steps: Step[];
  /** What was made for this copy of clip-tfjs, and what all copies of this user's share. */
  installed: string;
  cache: string;
}

/** Makes an engine work. Throws ClipError; then what was finished is kept, and nothing is half there. */
export async function setUp(engine: SetUpEngine, options: SetupOptions = {}): Promise<Setup> {
  const { where = places(engine), env = process.env, force = false, onBegin, onEnd } = options;
  const recipe = options.recipe ?? checkMachine(engine, thisMachine());
  const { root, installed } = where;
  const cache = join(where.cache, recipe.id);
  if (engine === 'cuda' && !force) refuseWithoutGpu(options.driver ?? driverProblem);
  await refuseForeign(installed);
  const nvidia = recipe.cuda.length > 0 ? [join(cache, 'nvidia')] : [];
  for (const folder of [cache, ...nvidia, dirname(installed)]) {
    await checkWritable(folder, 'run this as the user it belongs to');
  }

  const system = recipe.cuda.length > 0 ? await findSystemLibraries(recipe.cuda, await cudaFolders(env)) : [];
  let arrived = 0; // bytes of the wheels that are through
  let total = 0;
  const onBytes = (done: number): void => options.onBytes?.(arrived + done, total);
  const parts = listParts({ recipe, cache, installed, env, system, onBytes });
  const missing = new Set<Part>();
  for (const part of parts) if (!(await isWhole(part.folder, part.of))) missing.add(part);
  for (const { prepare } of missing) await prepare?.(); // all of them before anything is fetched
  total = await checkRoomFor([...missing], cache);

  const steps: Step[] = [];
  const finish = (step: Omit<Step, 'seconds'>, start: number): void => {
    const seconds = Math.round(performance.now() - start) / 1000;
    steps.push({ ...step, seconds });
    onEnd?.(steps.at(-1)!);
  };
  for (const part of parts) {
    const { name, wheel, folder, of, fill } = part;
    const start = performance.now();
    if (missing.has(part)) {
      await makeWhole(folder, of, fill, (again) => onBegin?.({ name, again, ...(wheel && { wheel }) }));
      arrived += wheel?.bytes ?? 0;
    }
    const state = missing.has(part) ? 'done' : 'already there';
    finish({ name, state, ...(wheel && { wheel: wheel.name }) }, start);
  }
  const start = performance.now();
  onBegin?.({ name: 'check' });
  try {
    const { gpu } = await checkEngine(recipe, root, env);
    if (engine === 'cuda' && !gpu && !force) throw new ClipError(await whyNoGpu(bindingIn(installed)));
    finish({ name: 'check', state: 'done' }, start);
    return { engine, tensorflow: recipe.tensorflow, gpu, system, steps, installed, cache };
  } catch (error) {
    await rm(installed, { recursive: true, force: true }); // or `auto` would take an engine that may crash
    throw error;
  }
}

/** Removes what `setUp` has made, for this copy of clip-tfjs and in the cache; returns the folders it removed. */
export async function removeEngine(
  engine: SetUpEngine,
  { installed, cache }: Places = places(engine),
): Promise<string[]> {
  const removed: string[] = [];
  if (await isOurs(installed)) removed.push(installed);
  if (await isThere(cache)) removed.push(cache);
  for (const folder of removed) await rm(folder, { recursive: true, force: true });
  return removed;
}

function refuseWithoutGpu(driver: () => string | undefined): void {
  const problem = driver();
  if (!problem) return;
  throw new ClipError(`the engine cuda would find no GPU here: ${problem}`, {
    hint: 'setup native needs none; --force sets cuda up all the same, 4 GB, as for an image',
  });
}

/** Returns the bytes that will be fetched. Each wheel is on the disk twice: as pip's temporary file, and as its result. */
async function checkRoomFor(missing: readonly Part[], cache: string): Promise<number> {
  const wheels = missing.flatMap(({ wheel }) => wheel ?? []);
  if (wheels.length === 0) return 0;
  const kept = wheels.reduce((sum, wheel) => sum + wheel.kept, 0);
  const room = kept + 2 * Math.max(...wheels.map(({ bytes }) => bytes));
  const hint = 'XDG_CACHE_HOME may name a folder on another disk';
  checkRoom(cache, room, await freeBytes(cache), 'while it is set up', hint);
  return wheels.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A package that someone else has put where ours would go is theirs. */
async function refuseForeign(installed: string): Promise<void> {
  if ((await isOurs(installed)) || !(await isThere(installed))) return;
  const name = installed.split(/[\\/]/).slice(-2).join('/');
  throw new ClipError(`${installed} is there already, and not from this command`, {
    hint: `npm uninstall ${name} first, if you want the one that is built here`,
  });
}

async function isThere(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}
