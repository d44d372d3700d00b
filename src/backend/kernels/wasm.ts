// What training needs of the wasm engine of TensorFlow.js 4.22 and does not find there, or finds slow.
import { registerWasmConv2DBackpropFilter } from './wasm-conv2d-backprop-filter.ts';
import { registerWasmConv2DBackpropInput } from './wasm-conv2d-backprop-input.ts';
import { registerWasmIdentity } from './wasm-identity.ts';
import { registerWasmTransposedMatMul } from './wasm-transposed-mat-mul.ts';
import { registerWasmUnsortedSegmentSum } from './wasm-unsorted-segment-sum.ts';

/** Adds every kernel of this folder to the wasm engine. Cheap to call again; harmless where wasm never starts. */
export function registerWasmKernels(): void {
  registerWasmUnsortedSegmentSum();
  registerWasmTransposedMatMul();
  registerWasmConv2DBackpropFilter();
  registerWasmConv2DBackpropInput();
  registerWasmIdentity();
}
