// What the wasm engine of TensorFlow.js 4.22 does not have, or does slowly.
import { fastAdamW } from '../adamw.ts';
import { type FastKernel, registerFastKernel } from '../kernel.ts';
import { wasmAdamW } from './adamw.ts';
import { attention, maskedSoftmax } from './attention.ts';
import { registerWasmConv2DBackpropFilter } from './conv2d-backprop-filter.ts';
import { registerWasmConv2DBackpropInput } from './conv2d-backprop-input.ts';
import { registerWasmRuns } from './copies.ts';
import { registerWasmIdentity } from './identity.ts';
import { gelu, layerNorm, plus, quickGelu } from './layers.ts';
import { linear, registerWasmProduct } from './product.ts';
import { runsFastWasm, startWasmRunner } from './runner.ts';
import { registerWasmTransposedMatMul } from './transposed-mat-mul.ts';
import { registerWasmUnsortedSegmentSum } from './unsorted-segment-sum.ts';
import type { StartWorker } from './workers.ts';

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
  fastAdamW.set('wasm', () => (runsFastWasm() ? wasmAdamW : undefined));
}
