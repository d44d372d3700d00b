// TensorFlow.js's packages for Node: one name for TensorFlow on the CPU, one for TensorFlow with CUDA.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const PACKAGES = { native: '@tensorflow/tfjs-node', cuda: '@tensorflow/tfjs-node-gpu' } as const;

const require = createRequire(import.meta.url);

/** The folder of a package that clip-tfjs finds; undefined where there is none. */
export function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The module that `setup` puts into such a folder. */
export function bindingIn(folder: string): string {
  return join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
}
