// What an engine is made of, in the order in which it is made: each part a folder that is whole or not there.
import { join } from 'node:path';
import * as before from './before.node.ts';
import { BINDING, compileBinding, ownVersion } from './binding.node.ts';
import { fetchCuda, fetchTensorFlow, type LibraryTools } from './libraries.node.ts';
import { assemblePackage } from './link.node.ts';
import { fetchPackages } from './packages.node.ts';
import type { Recipe } from './recipe.ts';
import type { SystemLibraries } from './system-cuda.node.ts';
import type { Wheel } from './wheel.ts';

export type PartName = 'packages' | 'libraries' | 'cuda' | 'binding' | 'link';

export interface Part {
  name: PartName;
  folder: string;
  /** What the folder is made from: a folder made from something else is made again. */
  of: string;
  /** The file that is fetched for it, where it is one that takes time. */
  wheel?: Wheel;
  /** Throws ClipError for what `fill` would lack. */
  prepare?: () => Promise<void>;
  fill: (folder: string, scratch: string) => Promise<void>;
}

export interface PartsOptions {
  recipe: Recipe;
  cache: string;
  installed: string;
  env: NodeJS.ProcessEnv;
  /** NVIDIA's libraries that need not be fetched. */
  system: readonly SystemLibraries[];
  onBytes: LibraryTools['onBytes'];
}

export function listParts({ recipe, cache, installed, env, system, onBytes }: PartsOptions): Part[] {
  const of = recipe.id;
  const [packages, libraries, binding] = ['packages', 'libraries', 'binding'].map((name) =>
    join(cache, name),
  ) as [string, string, string];
  const module = join(binding, BINDING);
  const fetched = recipe.cuda.filter(({ set }) => !system.some((found) => found.set === set));
  const home = (folder: string): string => join(cache, 'nvidia', folder); // TensorFlow’s own search path has it there
  const cuda = [
    ...fetched.flatMap(({ folder, libraries: names }) =>
      names.map((name) => join(home(folder), 'lib', name)),
    ),
    ...system.flatMap(({ files }) => files),
  ];
  let [python, compiler] = ['', ''];
  const findPython = async (): Promise<void> => {
    python ||= await before.findPython(env);
  };
  return [
    {
      ...{ name: 'packages', folder: packages, of },
      prepare: () => before.checkUnpackers(env),
      fill: (folder, scratch) => fetchPackages(recipe, folder, scratch, env),
    },
    {
      ...{ name: 'libraries', folder: libraries, of, wheel: recipe.wheel },
      prepare: findPython,
      fill: (folder, scratch) => fetchTensorFlow(recipe.wheel, folder, scratch, { python, env, onBytes }),
    },
    ...fetched.map((wheel): Part => {
      return {
        ...{ name: 'cuda', folder: home(wheel.folder), of: `${wheel.name} ${wheel.version}`, wheel },
        prepare: findPython,
        fill: (folder, scratch) => fetchCuda(wheel, folder, scratch, { python, env, onBytes }),
      };
    }),
    {
      ...{ name: 'binding', folder: binding, of: [of, ownVersion(), ...cuda].join(' ') },
      prepare: async () => {
        compiler = await before.findCompiler(env);
      },
      fill: (folder, scratch) => {
        const log = join(cache, 'compiler.log');
        return compileBinding(recipe, folder, scratch, { packages, libraries, cuda, compiler, log, env });
      },
    },
    {
      ...{ name: 'link', folder: installed, of: `${of} ${module}` },
      fill: (folder) => assemblePackage(recipe, folder, packages, module),
    },
  ];
}
