// A kernel of the wasm engine of TensorFlow.js, with another in its place that may fall back on it.
import * as tf from '@tensorflow/tfjs-core';

const replaced = new Set<string>();

/** Puts what `around` makes of the engine's own kernel in its place, once. Does nothing where that engine is not loaded. */
export function replaceWasmKernel(name: string, around: (plain: tf.KernelFunc) => tf.KernelFunc): void {
  const plain = tf.getKernel(name, 'wasm');
  if (replaced.has(name) || !plain) return;
  replaced.add(name);
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...plain, kernelFunc: around(plain.kernelFunc) });
}
