// What the wasm engine of TensorFlow.js 4.22 does not have, or does slowly.
import { type FastKernel, registerFastKernel } from './kernel.ts';
import { attention, maskedSoftmax } from './wasm-attention.ts';
import { registerWasmConv2DBackpropFilter } from './wasm-conv2d-backprop-filter.ts';
import { registerWasmConv2DBackpropInput } from './wasm-conv2d-backprop-input.ts';
import { registerWasmIdentity } from './wasm-identity.ts';
import { gelu, layerNorm, plus, quickGelu } from './wasm-layers.ts';
import { linear, registerWasmProduct } from './wasm-product.ts';
import { startWasmRunner } from './wasm-run.ts';
import { registerWasmRuns } from './wasm-runs.ts';
import { registerWasmTransposedMatMul } from './wasm-transposed-mat-mul.ts';
import { registerWasmUnsortedSegmentSum } from './wasm-unsorted-segment-sum.ts';
import type { StartWorker } from './wasm-workers.ts';

/** Adds what training needs to the wasm engine. Cheap to call again; harmless where wasm never starts. */
export function registerWasmKernels(): void {
  registerWasmUnsortedSegmentSum();
  registerWasmTransposedMatMul();
  registerWasmConv2DBackpropFilter();
  registerWasmConv2DBackpropInput();
  registerWasmIdentity();
}

/** Adds the fast kernels of src/model/ops.ts to the wasm engine, which must be running; does nothing where it cannot. */
export function registerFastWasmKernels(startWorker: StartWorker): void {
  if (!startWasmRunner(startWorker)) return;
  registerWasmProduct();
  registerWasmRuns();
  const kernels = [linear, layerNorm, quickGelu, gelu, plus, attention, maskedSoftmax];
  for (const kernel of kernels) registerFastKernel('wasm', kernel as FastKernel<string>);
}
