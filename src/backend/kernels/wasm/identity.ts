// A second tensor over the numbers of a first: the tape makes one of whatever a gradient needs, weights included. The
// wasm engine of TensorFlow.js 4.22 copies the numbers; counting their owners, as its Reshape does, is enough.
import type * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';
import type { WasmBackend } from './backend.ts';

/** Puts the kernel in the place of the wasm engine's own. Does nothing where that engine is not loaded. */
export function registerWasmIdentity(): void {
  replaceKernel('wasm', 'Identity', (plain) => (call) => {
    const { dataId, shape, dtype } = call.inputs.x as tf.TensorInfo;
    if (dtype === 'string') return plain(call);
    (call.backend as WasmBackend).incRef(dataId);
    return { dataId, shape, dtype };
  });
}
