// AdamW's step for one parameter after another as TensorFlow's own operation, which reads and writes each number once,
// in place. The operation works on TensorFlow's variables. So a tensor is lent to a variable, changed there and taken
// back: all three share the memory. Stands beside torch.optim.AdamW(fused=True).
import * as tf from '@tensorflow/tfjs-core';
import { type Attributes, type NativeBackend, nativeBackend, run, toList, works } from './operation.ts';

/** What a step does to every parameter. */
export interface AdamWStep {
  /** The learning rate with both corrections for the means' start at zero. */
  stepSize: number;
  /** What is added to the root of the running mean square as it is kept, not corrected. */
  epsilon: number;
  beta1: number;
  beta2: number;
}

export interface AdamWTensors {
  value: tf.Variable;
  /** The running mean of the gradients, and of their squares. */
  mean: tf.Variable;
  square: tf.Variable;
  gradient: tf.Tensor;
  /** What the value is multiplied by before. */
  keep: number;
}

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

/** Whether the engine that runs can do it. */
export function hasNativeAdamW(): boolean {
  if (tf.getBackend() !== 'tensorflow' || nativeBackend().isUsingGpuDevice) return false;
  isThere ??= works(tryOnce);
  return isThere;
}
let isThere: boolean | undefined;

/** Changes value, mean and square of each parameter. `parameters` is asked for one after another. */
export function nativeAdamW(step: AdamWStep, parameters: Iterable<AdamWTensors>): void {
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
