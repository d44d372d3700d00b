// a bᵀ, aᵀ b: matrix products of transposed matrices, which half of every backward pass consists of. The wasm engine of
// TensorFlow.js 4.22 hands only untransposed products to its fast library (XNNPACK) and does the others in a plain loop,
// twenty times slower. Turning the matrix first, and then multiplying, makes a training step of the embedded model
// several times faster; the numbers differ only by the order of additions.
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';
import type { WasmBackend } from './backend.ts';

/** Puts the detour in front of the wasm engine's own kernel. Does nothing where that engine is not loaded. */
export function registerWasmTransposedMatMul(): void {
  replaceKernel('wasm', 'BatchMatMul', (plain) => (call) => {
    const { inputs, backend, attrs } = call;
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const turn = attrs as { transposeA?: boolean; transposeB?: boolean };
    const single = [a, b].every(({ shape }) => shape.slice(0, -2).every((size) => size === 1));
    if (!single || !(turn.transposeA || turn.transposeB)) return plain(call);
    const left = turn.transposeA ? transpose(a, backend) : a;
    const right = turn.transposeB ? transpose(b, backend) : b;
    const product = plain({
      inputs: { a: left, b: right },
      backend,
      attrs: { transposeA: false, transposeB: false },
    });
    for (const turned of [left, right]) {
      if (turned !== a && turned !== b) (backend as WasmBackend).disposeData(turned.dataId);
    }
    return product;
  });
}

/** The last two axes exchanged. */
function transpose(x: tf.TensorInfo, backend: object): tf.TensorInfo {
  const axes = x.shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
  const kernel = tf.getKernel('Transpose', 'wasm').kernelFunc;
  return kernel({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}
