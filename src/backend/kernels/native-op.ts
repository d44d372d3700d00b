// One operation of TensorFlow's C library, run through its Node binding, and kernels made of several.
import * as tf from '@tensorflow/tfjs-core';

/** The part of the `tensorflow` backend that is used here. */
export interface NativeBackend {
  readonly binding: { readonly [constant: string]: unknown };
  readonly isUsingGpuDevice: boolean;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
  executeSingleOutput(name: string, attributes: object[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
}

/** What TensorFlow calls an operation's attributes; the names of types stand for types. */
export type Attributes = Readonly<Record<string, string | number | boolean | number[]>>;

export function nativeBackend(): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}

/** Runs an operation of one answer over float32. `attributes` are those beside the type T. */
export function run(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: Attributes = { T: 'float32' },
): tf.Tensor {
  const backend = nativeBackend();
  return backend.executeSingleOutput(name, toList(attributes, backend), inputs);
}

export function toList(attributes: Attributes, { binding }: NativeBackend): object[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (value === 'float32') return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    if (value === 'int32') return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 };
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
    if (typeof value === 'number') return { name, type: binding.TF_ATTR_FLOAT, value };
    if (Array.isArray(value)) return { name, type: binding.TF_ATTR_SHAPE, value };
    return { name, type: binding.TF_ATTR_STRING, value };
  });
}

/** Whether `attempt` works in the TensorFlow that is loaded: an older one lacks some operations. */
export function works(attempt: () => tf.Tensor): boolean {
  try {
    return tf.tidy(() => attempt().size >= 0);
  } catch {
    return false;
  }
}

type Inputs<Name extends string> = Record<Name, tf.Tensor>;

export interface NativeKernel<Name extends string> {
  /** The function of src/model/ops.ts that it does the work of. */
  name: string;
  forward(inputs: Inputs<Name>, attributes: tf.NamedAttrMap): tf.Tensor;
  /** The inputs that `backward` needs, and whether it needs the answer. */
  saves: Name[];
  savesAnswer?: boolean;
  /** The gradient for each input, from the answer's and from what was saved: the inputs in the order of `saves`, the answer. */
  backward(dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): Record<string, () => tf.Tensor>;
}

/** Puts a kernel and its gradient where TensorFlow.js looks for them. */
export function register<Name extends string>(kernel: NativeKernel<Name>): void {
  const { name, forward, backward, saves, savesAnswer = false } = kernel;
  tf.registerKernel({
    kernelName: name,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => tf.tidy(() => forward(inputs as Inputs<Name>, attrs ?? {})),
  });
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saves,
    outputsToSave: [savesAnswer],
    gradFunc: (dy, saved, attrs) => backward(dy as tf.Tensor, saved, attrs),
  });
}

/** A number as a tensor that is made once and is no caller's: TensorFlow.js does not count it. */
export function constant(value: number): tf.TensorInfo {
  let info = constants.get(value);
  if (!info) {
    const dataId = nativeBackend().write(Float32Array.of(value), [], 'float32');
    info = { dataId, shape: [], dtype: 'float32' };
    constants.set(value, info);
  }
  return info;
}
const constants = new Map<number, tf.TensorInfo>();
