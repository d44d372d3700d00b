// A kernel for a function of src/model/ops.ts, and its gradient, put where TensorFlow.js looks for them.
import * as tf from '@tensorflow/tfjs-core';

export type Inputs<Name extends string> = Record<Name, tf.Tensor>;

export interface FastKernel<Name extends string> {
  /** The function of src/model/ops.ts that it does the work of. */
  name: string;
  /** A new tensor that TensorFlow.js does not count yet, or one that outlives the call. */
  forward(inputs: Inputs<Name>, attributes: tf.NamedAttrMap): tf.TensorInfo;
  /** The inputs that `backward` needs, and whether it needs the answer. The same for every engine. */
  saves: Name[];
  savesAnswer?: boolean;
  /** The gradient for each input, from the answer's and from what was saved: the inputs in the order of `saves`, the answer. */
  backward(dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): Record<string, () => tf.Tensor>;
}

/** TensorFlow.js knows one gradient for a name; these are each engine's. */
const gradients = new Map<string, FastKernel<string>['backward']>();

/** Adds the kernel to a backend, by TensorFlow.js's name for that. */
export function registerFastKernel<Name extends string>(backendName: string, kernel: FastKernel<Name>): void {
  const { name, forward, backward, saves, savesAnswer = false } = kernel;
  tf.registerKernel({
    kernelName: name,
    backendName,
    kernelFunc: ({ inputs, attrs }) => forward(inputs as Inputs<Name>, attrs ?? {}),
  });
  gradients.set(`${name} ${backendName}`, backward);
  if (tf.getGradient(name)) return;
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saves,
    outputsToSave: [savesAnswer],
    gradFunc: (dy, saved, attrs) =>
      gradients.get(`${name} ${tf.getBackend()}`)!(dy as tf.Tensor, saved, attrs),
  });
}

/** A kernel's answer as a tensor that TensorFlow.js counts, in another shape of the same size where one is given. */
export function counted(info: tf.TensorInfo, shape: number[] = info.shape): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo({ ...info, shape });
}
