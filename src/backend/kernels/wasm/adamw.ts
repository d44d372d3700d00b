// AdamW's step on the wasm engine: one pass over a parameter's memory, where the definition in src/train/adamw.ts makes ten.
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWStep, AdamWTensors } from '../native/adamw.ts';
import { EACH_COUNT } from './code/adamw.ts';
import { addressOf, bits, counted, newTensor, wasmRunner } from './runner.ts';

/** Changes value, mean and square of each parameter. `parameters` is asked for one after another. */
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

/** What is used of the wasm backend. */
interface Backend {
  refCount(dataId: object): number;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  readonly dataIdMap: { get(dataId: object): { id: number; memoryOffset: number } };
  readonly wasm: {
    tfjs: { disposeData(id: number): void; registerTensor(id: number, size: number, address: number): void };
  };
}

/**
 * Makes the engine forget what it has derived of a tensor whose numbers were changed: XNNPACK keeps a convolution's filter in
 * its own order.
 */
function announce(tensor: tf.Tensor): void {
  const { dataIdMap, wasm } = tf.backend() as unknown as Backend;
  const { id, memoryOffset } = dataIdMap.get(tensor.dataId);
  wasm.tfjs.disposeData(id); // not the memory, which is JavaScript's to free
  wasm.tfjs.registerTensor(id, tensor.size, memoryOffset);
}

/** Gives a variable memory of its own, where others hold its numbers too. */
function makeOwn(variable: tf.Variable): void {
  const backend = tf.backend() as unknown as Backend;
  if (backend.refCount(variable.dataId) === 1) return;
  tf.tidy(() => {
    const copy = newTensor(variable.shape);
    backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(variable));
    variable.assign(counted(copy));
  });
}
