// A kernel of the webgpu engine of TensorFlow.js, with another in its place that may fall back on it.
import * as tf from '@tensorflow/tfjs-core';

/** Puts what `around` makes of the engine's own kernel in its place. */
export function replaceWebGPUKernel(name: string, around: (plain: tf.KernelFunc) => tf.KernelFunc): void {
  const plain = tf.getKernel(name, 'webgpu');
  tf.unregisterKernel(name, 'webgpu');
  tf.registerKernel({ ...plain, kernelFunc: around(plain.kernelFunc) });
}
