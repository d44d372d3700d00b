// One operation of TensorFlow's C library, run through its Node binding, and kernels made of several.
import * as tf from '@tensorflow/tfjs-core';
import { type FastKernel, type Inputs, registerFastKernel } from '../kernel.ts';

/** The part of the `tensorflow` backend that is used here. */
export interface NativeBackend {
  readonly binding: { readonly [constant: string]: unknown };
  readonly isUsingGpuDevice: boolean;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
  executeSingleOutput(name: string, attributes: object[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
}

/** What TensorFlow calls an operation's attributes; the names of types stand for types, a bigint for a whole number. */
export type Attributes = Readonly<Record<string, string | number | bigint | boolean | number[]>>;

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
    if (typeof value === 'bigint') return { name, type: binding.TF_ATTR_INT, value: Number(value) };
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

/** A kernel made of operations, whose temporary tensors are freed. */
export interface NativeKernel<Name extends string> extends FastKernel<Name> {
  forward(inputs: Inputs<Name>, attributes: tf.NamedAttrMap): tf.Tensor;
}

/** Puts a kernel and its gradient where TensorFlow.js looks for them. */
export function register<Name extends string>(kernel: NativeKernel<Name>): void {
  const { forward } = kernel;
  registerFastKernel('tensorflow', {
    ...kernel,
    forward: (inputs, attributes) => tf.tidy(() => forward(inputs, attributes)),
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
