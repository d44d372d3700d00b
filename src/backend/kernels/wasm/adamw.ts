// AdamW's step on the wasm engine: one pass over a parameter's memory, where the definition in src/train/adamw.ts makes ten.
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWStep, AdamWTensors } from '../adamw.ts';
import { counted } from '../kernel.ts';
import { wasmBackend } from './backend.ts';
import { EACH_COUNT } from './code/floats.ts';
import { addressOf, bits, newTensor, wasmRunner } from './runner.ts';

export function wasmAdamW(
  { stepSize, epsilon, beta1, beta2 }: AdamWStep,
  parameters: Iterable<AdamWTensors>,
): void {
  for (const { value, mean, square, gradient, keep } of parameters) {
    for (const variable of [value, mean, square]) makeOwn(variable);
    const factors = [keep, beta1, 1 - beta1, beta2, 1 - beta2, stepSize, epsilon].map(bits);
    wasmRunner().run({
      name: 'adamw',
      fields: [...[value, mean, square, gradient].map(addressOf), value.size, ...factors],
      parts: Math.ceil(value.size / EACH_COUNT),
      work: 2 * value.size,
    });
    announce(value);
  }
}

/**
 * Makes the engine forget what it has derived of a tensor whose numbers were changed: XNNPACK keeps a convolution's filter in
 * its own order.
 */
function announce(tensor: tf.Tensor): void {
  const { dataIdMap, wasm } = wasmBackend();
  const { id, memoryOffset } = dataIdMap.get(tensor.dataId);
  wasm.tfjs.disposeData(id);
  wasm.tfjs.registerTensor(id, tensor.size, memoryOffset);
}

/** Gives a variable memory of its own, where others hold its numbers too. */
function makeOwn(variable: tf.Variable): void {
  const backend = wasmBackend();
  if (backend.refCount(variable.dataId) === 1) return;
  tf.tidy(() => {
    const copy = newTensor(variable.shape);
    backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(variable));
    variable.assign(counted(copy));
  });
}
