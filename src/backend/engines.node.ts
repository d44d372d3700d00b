// The engines of Node, best first. TensorFlow's C library is used where the user has installed its binding.
import util from 'node:util';
import { cpu, type Engine, type EngineName, selectBackend, startFirst, wasm } from './engine.ts';
import { registerNativeKernels } from './kernels/native.ts';

/** An engine behind one of TensorFlow.js's Node bindings; both register the backend `tensorflow`. */
function binding(name: EngineName, packageName: string, hint: string): Engine {
  const start = async () => {
    // TensorFlow reports its CPU's features, oneDNN and large allocations on stderr; errors still come through.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
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

/** In the order in which `auto` tries them. */
export const engines: readonly Engine[] = [
  binding(
    'cuda',
    '@tensorflow/tfjs-node-gpu',
    'npm install @tensorflow/tfjs-node-gpu, beside an NVIDIA GPU and CUDA',
  ),
  binding('native', '@tensorflow/tfjs-node', 'clip-tfjs setup native'),
  wasm,
  cpu,
];

/**
 * Makes TensorFlow.js run on `wanted`: `auto` takes the first of cuda, native, wasm and cpu that works. Returns the
 * engine's name; throws ClipError when the one asked for is not here.
 */
export async function startEngine(wanted: string = 'auto'): Promise<EngineName> {
  return startFirst(engines, wanted);
}
