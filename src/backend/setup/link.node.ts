// The package @tensorflow/tfjs-node, or -gpu, as clip-tfjs finds it: its JavaScript as published, a link to the binding in the
// cache, and stand-ins for two of its dependencies. It lies inside clip-tfjs's own folder, so that from it and from
// clip-tfjs the same copy of TensorFlow.js's core is found, wherever npm, pnpm or yarn have put that.
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bindingIn, PACKAGES } from '../packages.node.ts';
import type { Recipe } from './recipe.ts';

/** Fills `folder`, from fetched packages and the compiled binding's path. */
export async function assemblePackage(
  { engine, packages: { node, beside }, tfjs }: Recipe,
  folder: string,
  packages: string,
  binding: string,
): Promise<void> {
  const published = join(packages, node.name);
  // The two packages are one source; by its name the JavaScript knows whether it has a GPU's operations.
  const description = JSON.parse(await readFile(join(published, 'package.json'), 'utf8'));
  const named = { ...description, name: PACKAGES[engine] };
  await writeFile(join(folder, 'package.json'), JSON.stringify(named, undefined, 2));
  await cp(join(published, 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !/(_test\.js|\.d\.ts)$/.test(path),
  });
  for (const { name } of beside) {
    await cp(join(packages, name), join(folder, 'node_modules', name), { recursive: true });
  }
  await standIn(folder, '@tensorflow/tfjs', tfjs, UNION);
  await standIn(folder, '@mapbox/node-pre-gyp', '1.0.9', FIND);
  const link = bindingIn(folder);
  await mkdir(dirname(link), { recursive: true });
  await symlink(binding, link);
}

/** Writes a package of one file, found by this package alone. */
async function standIn(folder: string, name: string, version: string, program: string): Promise<void> {
  const home = join(folder, 'node_modules', name);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  await writeFile(join(home, 'index.js'), program);
}

// The whole of @tensorflow/tfjs is 300 MB with its dependencies, and a quarter of a second on every start; the
// binding uses its core and the callbacks of its layers, which clip-tfjs has already.
const UNION = `const core = require('@tensorflow/tfjs-core');
const layers = require('@tensorflow/tfjs-layers');
const version = { 'tfjs-core': core.version_core, 'tfjs-layers': layers.version_layers, tfjs: core.version_core };
module.exports = { ...layers, ...core, version };
`;

// Of node-pre-gyp, which fetches binaries, the one function that is called at run time.
const FIND = `const { dirname } = require('node:path');
exports.find = (packageJson) => dirname(packageJson) + '/${bindingIn('')}';
`;
