// Whether the binding has our own operations (the folder cpp): not if it was compiled without them, or runs on a
// processor without AVX2; and products only on Intel's. Where they are missing TensorFlow's do the work.
import * as tf from '@tensorflow/tfjs-core';
import { run, works } from './operation.ts';

/** QuickGELU, layer normalisation, attention. */
export function hasOwnOperations(): boolean {
  if (isOff) return false;
  areThere ??= works(() => run('ClipQuickGelu', [tf.ones([1])], {}));
  return areThere;
}
let areThere: boolean | undefined;

/** Products of two matrices, with a bias or not. */
export function hasOwnProducts(): boolean {
  if (isOff) return false;
  areProducts ??= works(() => run('ClipLinear', [tf.ones([1, 1]), tf.ones([1, 1]), tf.ones([1])], {}));
  return areProducts;
}
let areProducts: boolean | undefined;

/** Runs `attempt` as where they are missing: for tests of what then does the work. */
export async function withoutOwnOperations<T>(attempt: () => Promise<T>): Promise<T> {
  isOff = true;
  try {
    return await attempt();
  } finally {
    isOff = false;
  }
}
let isOff = false;
