// What the webgpu engine of TensorFlow.js 4.22 does not have, does wrongly or in more dispatches than it needs. The
// compositions in src/model/ops.ts are the truth; a test holds these to them, values and gradients.
import { fastAdamW } from '../adamw.ts';
import { type FastKernel, registerFastKernel } from '../kernel.ts';
import { webgpuAdamW } from './adamw.ts';
import { registerWebGPUAddN } from './add-n.ts';
import * as activations from './gelu.ts';
import { layerNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import { maskedSoftmax } from './softmax.ts';
import { registerWebGPUUnsortedSegmentSum } from './unsorted-segment-sum.ts';

/** Adds them to the engine, whose own kernels must be there. Does nothing the second time. */
export function registerWebGPUKernels(): void {
  if (areRegistered) return;
  areRegistered = true;
  registerWebGPUAddN();
  registerWebGPUUnsortedSegmentSum();
  fastAdamW.set('webgpu', () => webgpuAdamW);
  for (const kernel of [linear, layerNorm, maskedSoftmax, ...Object.values(activations)]) {
    registerFastKernel('webgpu', kernel as FastKernel<string>);
  }
}
let areRegistered = false;
