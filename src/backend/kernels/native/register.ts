// The operations of src/model/ops.ts as TensorFlow's C library does them best: fewer operations, and gradients that keep
// less. The compositions in ops.ts are the truth; a test holds these to them, values and gradients.
import * as tf from '@tensorflow/tfjs-core';
import { fastAdamW } from '../adamw.ts';
import { findNativeAdamW } from './adamw.ts';
import * as attention from './attention.ts';
import * as activations from './gelu.ts';
import { layerNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import { nativeBackend, register } from './operation.ts';
import { hasOwnOperations } from './own.ts';

/**
 * Adds them to the engine `native`, which must be running. Does nothing on a GPU, where the compositions stay: nobody has
 * measured these there.
 */
export function registerNativeKernels(): void {
  if (tf.getKernel(linear.name, 'tensorflow') || nativeBackend().isUsingGpuDevice) return;
  register(linear);
  register(layerNorm);
  for (const kernel of Object.values(activations)) register(kernel);
  register(attention.splitHeads);
  register(attention.joinHeads);
  register(attention.attentionScores);
  register(attention.maskedSoftmax);
  register(attention.plus);
  if (hasOwnOperations()) register(attention.attention);
  fastAdamW.set('tensorflow', findNativeAdamW);
}
