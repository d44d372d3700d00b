// The engines behind TensorFlow.js's Node bindings: TensorFlow's C library, on the CPU or on CUDA.
import util from 'node:util';
import { type Engine, type EngineName, type StartOptions, selectBackend } from './engine.ts';
import { registerNativeKernels } from './kernels/native.ts';
import { limitTensorFlow } from './threads/tensorflow.node.ts';

/** An engine behind one of TensorFlow.js's Node bindings; both register the backend `tensorflow`. */
export function binding(name: EngineName, packageName: string, hint: string): Engine {
  const start = async ({ threads, onNote }: StartOptions) => {
    // TensorFlow reports its CPU's features, oneDNN and large allocations on stderr; errors still come through.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    limitTensorFlow(name, threads, onNote);
    // Still called by the binding's JavaScript; Node 22 warns of them, and from 23 they are gone.
    const removed = util as { isNullOrUndefined?: unknown; isArray?: unknown };
    removed.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
    removed.isArray = Array.isArray;
    try {
      await import(packageName);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(code === 'ERR_MODULE_NOT_FOUND' ? `${packageName} is not installed` : message);
    }
    await selectBackend('tensorflow');
    registerNativeKernels();
  };
  return { name, hint, start };
}
