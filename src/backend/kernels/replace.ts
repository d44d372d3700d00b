// A kernel of one of TensorFlow.js's engines, with another in its place that may fall back on it.
import * as tf from '@tensorflow/tfjs-core';

const replaced = new Set<string>();

/** Puts what `around` makes of an engine's own kernel in its place, once. Does nothing where that engine is not loaded. */
export function replaceKernel(
  engine: 'wasm' | 'webgpu',
  name: string,
  around: (plain: tf.KernelFunc) => tf.KernelFunc,
): void {
  const plain = tf.getKernel(name, engine);
  const key = `${engine} ${name}`;
  if (replaced.has(key) || !plain) return;
  replaced.add(key);
  tf.unregisterKernel(name, engine);
  tf.registerKernel({ ...plain, kernelFunc: around(plain.kernelFunc) });
}
