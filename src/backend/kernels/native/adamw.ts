// AdamW's step for one parameter after another as TensorFlow's own operation, which reads and writes each number once,
// in place. The operation works on TensorFlow's variables. So a tensor is lent to a variable, changed there and taken
// back: all three share the memory. Stands beside torch.optim.AdamW(fused=True).
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWStep, AdamWTensors, FastAdamW } from '../adamw.ts';
import { type Attributes, type NativeBackend, nativeBackend, run, toList, works } from './operation.ts';

/** What is needed of the binding beside operations with one answer. */
interface Backend extends NativeBackend {
  readonly binding: NativeBackend['binding'] & {
    executeOp(name: string, attributes: object[], inputs: number[], outputs: number): unknown[];
    deleteTensor(id: number): void;
  };
  readonly tensorMap: { get(dataId: object): { id: number; values: unknown } };
  getInputTensorIds(inputs: readonly tf.TensorInfo[]): number[];
  refCount(dataId: object): number;
}

/** Undefined on a GPU, and where TensorFlow lacks one of the operations. */
export function findNativeAdamW(): FastAdamW | undefined {
  if (nativeBackend().isUsingGpuDevice) return undefined;
  isThere ??= works(tryOnce);
  return isThere ? nativeAdamW : undefined;
}
let isThere: boolean | undefined;

function nativeAdamW(step: AdamWStep, parameters: Iterable<AdamWTensors>): void {
  tf.tidy(() => {
    const handles = [0, 1, 2].map(newVariable);
    // With both powers of beta at zero the operation corrects nothing: the step size has the correction, computed in
    // double precision.
    const numbers = [0, 0, step.stepSize, step.beta1, step.beta2, step.epsilon].map((number) =>
      tf.scalar(number),
    );
    for (const { value, mean, square, gradient, keep } of parameters) {
      tf.tidy(() => {
        if (keep !== 1) value.assign(run('Mul', [value, tf.scalar(keep)]));
        const tensors = [value, mean, square];
        tensors.forEach((tensor, i) => {
          lend(tensor, handles[i]!);
        });
        const attributes = { T: 'float32', use_locking: false, use_nesterov: false };
        change('ResourceApplyAdam', [...handles, ...numbers, gradient], attributes);
        tensors.forEach((tensor, i) => {
          tensor.assign(run('ReadVariableOp', [handles[i]!], { dtype: 'float32' }));
        });
      });
    }
  });
}

/** A variable of TensorFlow's that has no value yet, and lasts as long as the handle that is returned. */
function newVariable(): tf.Tensor {
  return run('VarHandleOp', [], { dtype: 'float32', shape: [], container: '', shared_name: ANONYMOUS });
}
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347'; // TensorFlow's own word for it

/**
 * Makes a tensor the value of a variable. If nobody else holds the tensor, the variable is then its only owner, and an
 * operation may change it in place; else TensorFlow copies it first. The tensor must be assigned to before its next use.
 */
function lend(tensor: tf.Variable, handle: tf.Tensor): void {
  const backend = tf.backend() as unknown as Backend;
  change('AssignVariableOp', [handle, tensor], { dtype: 'float32', validate_shape: false });
  if (backend.refCount(tensor.dataId) > 1) return;
  const data = backend.tensorMap.get(tensor.dataId);
  backend.binding.deleteTensor(data.id);
  data.id = -1;
}

/** Runs an operation that has no answer. */
function change(name: string, inputs: readonly tf.Tensor[], attributes: Attributes): void {
  const backend = tf.backend() as unknown as Backend;
  backend.binding.executeOp(name, toList(attributes, backend), backend.getInputTensorIds(inputs), 0);
}

function tryOnce(): tf.Tensor {
  const [value, mean, square] = [0, 1, 2].map(() => tf.variable(tf.zeros([1]))) as [
    tf.Variable,
    tf.Variable,
    tf.Variable,
  ];
  try {
    const step = { stepSize: 1, epsilon: 1, beta1: 0, beta2: 0 };
    nativeAdamW(step, [{ value, mean, square, gradient: tf.ones([1]), keep: 1 }]);
    return tf.clone(value);
  } finally {
    tf.dispose([value, mean, square]);
  }
}
