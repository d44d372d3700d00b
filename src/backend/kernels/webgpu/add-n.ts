// The sum of many tensors, a few at a time: TensorFlow.js gives them all to one program, and WebGPU refuses more than eight
// buffers in one. A training adds up a number for each of a hundred parameters and more.
import type * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';

const AT_ONCE = 7; // and the answer

export function registerWebGPUAddN(): void {
  replaceKernel('webgpu', 'AddN', (plain) => (call) => {
    const backend = call.backend as { disposeData(dataId: object): void };
    let terms = Object.values(call.inputs) as tf.TensorInfo[];
    const partial = new Set<tf.TensorInfo>();
    while (terms.length > AT_ONCE) {
      const some = terms.slice(0, AT_ONCE);
      const sum = plain({ ...call, inputs: some as unknown as tf.NamedTensorInfoMap }) as tf.TensorInfo;
      for (const term of some) if (partial.has(term)) backend.disposeData(term.dataId);
      partial.add(sum);
      terms = [...terms.slice(AT_ONCE), sum];
    }
    const answer = plain({ ...call, inputs: terms as unknown as tf.NamedTensorInfoMap });
    for (const term of terms) if (partial.has(term)) backend.disposeData(term.dataId);
    return answer;
  });
}
