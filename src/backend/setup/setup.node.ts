// clip-tfjs setup native: from a plain install to TensorFlow's C library. Each step makes a folder that is whole or
// not there, and is skipped where it is there and whole. Three of the folders are kept in the user's cache; the one
// beside clip-tfjs, which an npm install may remove, is made from them in a moment, with no network.
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkRoom, checkWritable, freeBytes } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import * as before from './before.node.ts';
import { BINDING, compileBinding } from './binding.node.ts';
import { checkEngine } from './check.node.ts';
import { fetchLibraries } from './libraries.node.ts';
import { assemblePackage } from './link.node.ts';
import { fetchPackages } from './packages.node.ts';
import { type Places, places } from './places.node.ts';
import { native, type Recipe } from './recipe.ts';
import { isOurs, isWhole, makeWhole } from './whole-folder.node.ts';

export type StepName = 'packages' | 'libraries' | 'binding' | 'link' | 'check';

export interface Step {
  name: StepName;
  state: 'done' | 'already there';
  seconds: number;
}

export interface SetupOptions {
  recipe?: Recipe;
  where?: Places;
  env?: NodeJS.ProcessEnv;
  onBegin?: (name: StepName) => void;
  onEnd?: (step: Step) => void;
  /** Bytes of TensorFlow's wheel that have arrived, of all. */
  onBytes?: (done: number, total: number) => void;
}

export interface Setup {
  tensorflow: string;
  steps: Step[];
  /** What was made for this copy of clip-tfjs, and what all copies of this user's share. */
  installed: string;
  cache: string;
}

interface Part {
  name: StepName;
  folder: string;
  /** What the folder is made from: a folder made from something else is made again. */
  of: string;
  /** Throws ClipError for what `fill` would lack. */
  prepare?: () => Promise<void>;
  fill: (folder: string, scratch: string) => Promise<void>;
}

/** Makes the engine `native` work. Throws ClipError; then what was finished is kept, and nothing is half there. */
export async function setUpNative(options: SetupOptions = {}): Promise<Setup> {
  const { recipe = native, where = places(), env = process.env, onBegin, onEnd } = options;
  const { root, installed } = where;
  const cache = join(where.cache, recipe.id);
  before.checkMachine(before.thisMachine());
  await refuseForeign(installed);
  for (const folder of [cache, dirname(installed)]) {
    await checkWritable(folder, 'run this as the user it belongs to');
  }

  const parts = listParts(recipe, cache, installed, env, options.onBytes);
  const missing = new Set<Part>();
  for (const part of parts) if (!(await isWhole(part.folder, part.of))) missing.add(part);
  for (const { prepare } of missing) await prepare?.(); // all of them before anything is fetched

  const steps: Step[] = [];
  const finish = (name: StepName, state: Step['state'], start: number) => {
    const step = { name, state, seconds: Math.round(performance.now() - start) / 1000 };
    steps.push(step);
    onEnd?.(step);
  };
  for (const part of parts) {
    const start = performance.now();
    if (missing.has(part)) {
      onBegin?.(part.name);
      await makeWhole(part.folder, part.of, part.fill);
    }
    finish(part.name, missing.has(part) ? 'done' : 'already there', start);
  }
  const start = performance.now();
  onBegin?.('check');
  await checkEngine(recipe, root, env).catch(async (error) => {
    await rm(installed, { recursive: true, force: true }); // or `auto` would take an engine that may crash
    throw error;
  });
  finish('check', 'done', start);
  return { tensorflow: recipe.tensorflow, steps, installed, cache };
}

/** The folders, in the order in which they are made. */
function listParts(
  recipe: Recipe,
  cache: string,
  installed: string,
  env: NodeJS.ProcessEnv,
  onBytes: SetupOptions['onBytes'],
): Part[] {
  const of = recipe.id;
  const packages = join(cache, 'packages');
  const libraries = join(cache, 'libraries');
  const binding = join(cache, 'binding');
  const module = join(binding, BINDING);
  let [python, compiler] = ['', ''];
  return [
    {
      ...{ name: 'packages', folder: packages, of },
      prepare: () => before.checkUnpackers(env),
      fill: (folder, scratch) => fetchPackages(recipe, folder, scratch, env),
    },
    {
      ...{ name: 'libraries', folder: libraries, of },
      prepare: async () => {
        python = await before.findPython(env);
        const hint = 'XDG_CACHE_HOME may name a folder on another disk';
        checkRoom(cache, recipe.room, await freeBytes(cache), 'while it is set up', hint);
      },
      fill: (folder, scratch) => fetchLibraries(recipe, folder, scratch, { python, env, onBytes }),
    },
    {
      ...{ name: 'binding', folder: binding, of },
      prepare: async () => {
        compiler = await before.findCompiler(env);
      },
      fill: (folder, scratch) =>
        compileBinding(recipe, folder, scratch, { packages, libraries, compiler, env }),
    },
    {
      ...{ name: 'link', folder: installed, of: `${of} ${module}` },
      fill: (folder) => assemblePackage(recipe, folder, packages, module),
    },
  ];
}

/** Removes what `setUpNative` has made, for this copy of clip-tfjs and in the cache; returns the folders it removed. */
export async function removeNative({ installed, cache }: Places = places()): Promise<string[]> {
  const removed: string[] = [];
  if (await isOurs(installed)) removed.push(installed);
  if (await isThere(cache)) removed.push(cache);
  for (const folder of removed) await rm(folder, { recursive: true, force: true });
  return removed;
}

/** A package that someone else has put where ours would go is theirs. */
async function refuseForeign(installed: string): Promise<void> {
  if ((await isOurs(installed)) || !(await isThere(installed))) return;
  throw new ClipError(`${installed} is there already, and not from this command`, {
    hint: 'npm uninstall @tensorflow/tfjs-node first, if you want the one that is built here',
  });
}

async function isThere(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}
