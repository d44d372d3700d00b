// Where an engine's parts go. What is large is kept once a user; each copy of clip-tfjs gets a small package that
// points there, so that an npm install that removes it is mended in seconds.
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGES } from '../packages.node.ts';
import type { SetUpEngine } from './recipe.ts';

/** The folder that holds this program's package.json, from src/backend/setup or dist/backend/setup. */
const OWN_ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '../../..');

export interface Places {
  /** The folder of the package clip-tfjs. */
  root: string;
  /** Everything that `setup` keeps for this engine, of every version. */
  cache: string;
  /** Found by clip-tfjs alone. From inside it, TensorFlow.js's core is found where clip-tfjs finds it: one copy. */
  installed: string;
}

export function places(
  engine: SetUpEngine,
  root: string = OWN_ROOT,
  environment: NodeJS.ProcessEnv = process.env,
): Places {
  const { XDG_CACHE_HOME = '', HOME = homedir() } = environment;
  const caches = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME, '.cache');
  return {
    root,
    cache: join(caches, 'clip-tfjs', engine),
    installed: join(root, 'node_modules', PACKAGES[engine]),
  };
}
