// The engines behind TensorFlow.js's Node bindings: TensorFlow's C library, on the CPU or on CUDA. A process can load it
// once: both packages register the backend `tensorflow`, and their libraries have the same names.
import util from 'node:util';
import { driverProblem } from './cuda/driver.node.ts';
import { whyNoGpu } from './cuda/no-gpu.node.ts';
import { applyCudaSettings } from './cuda/settings.ts';
import { BrokenEngine, type Engine, type StartOptions, selectBackend } from './engine.ts';
import { nativeBackend } from './kernels/native/operation.ts';
import { registerNativeKernels } from './kernels/native/register.ts';
import { bindingIn, PACKAGES, packageFolder } from './packages.node.ts';
import { processorFeatures } from './processor.node.ts';
import { limitTensorFlow } from './threads/tensorflow.node.ts';

let loaded: { on: 'CPU' | 'GPU' } | undefined;

export const cuda: Engine = {
  name: 'cuda',
  hint: 'clip-tfjs setup cuda',
  start: async (options) => {
    const folder = packageFolder(PACKAGES.cuda);
    if (!folder) throw new Error('it is not set up');
    const problem = driverProblem();
    if (problem) throw new BrokenEngine(problem);
    applyCudaSettings(process.env);
    await startTensorFlow('cuda', PACKAGES.cuda, options);
    if (loaded?.on !== 'GPU') throw new BrokenEngine(await whyNoGpu(bindingIn(folder)));
  },
};

export const native: Engine = {
  name: 'native',
  hint: 'clip-tfjs setup native',
  start: async (options) => {
    if (loaded?.on === 'GPU')
      throw new Error('this process computes on CUDA, and native needs one of its own');
    if (packageFolder(PACKAGES.native)) return startTensorFlow('native', PACKAGES.native, options);
    if (!packageFolder(PACKAGES.cuda)) throw new Error('it is not set up');
    process.env.CUDA_VISIBLE_DEVICES = '-1'; // TensorFlow with CUDA computes on the CPU as well, if it sees no GPU
    return startTensorFlow('native', PACKAGES.cuda, options);
  },
};

async function startTensorFlow(
  name: 'cuda' | 'native',
  packageName: string,
  { threads, onNote }: StartOptions,
): Promise<void> {
  limitTensorFlow(name, threads, onNote);
  if (!loaded) {
    checkProcessor();
    // TensorFlow reports its CPU's features, oneDNN and large allocations on stderr; errors still come through.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    // Still called by the binding's JavaScript; Node 22 warns of them, and from 23 they are gone.
    const removed = util as { isNullOrUndefined?: unknown; isArray?: unknown };
    removed.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
    removed.isArray = Array.isArray;
    try {
      await import(packageName);
    } catch (error) {
      throw new BrokenEngine(whyNotLoaded((error as Error).message), { cause: error });
    }
  }
  await selectBackend('tensorflow');
  loaded ??= { on: nativeBackend().isUsingGpuDevice ? 'GPU' : 'CPU' };
  registerNativeKernels();
}

/** Without AVX, TensorFlow's build ends the process as it is loaded. */
function checkProcessor(): void {
  const features = processorFeatures();
  if (process.arch !== 'x64' || !features || features.includes('avx')) return;
  throw new BrokenEngine('this processor has no AVX, which TensorFlow’s build needs');
}

/** What the system's loader says of a Node module, in fewer words. */
export function whyNotLoaded(message: string): string {
  const missing = /(lib[\w.+-]+): cannot open shared object file/.exec(message)?.[1];
  if (missing) return `${missing} is missing`;
  if (/can not be found at path/.test(message)) return 'its binding is missing from the cache';
  if (/invalid ELF header|wrong ELF class|file too short|Exec format/i.test(message)) {
    return 'its binding is damaged, or was built for another kind of machine';
  }
  const symbol = /undefined symbol: (\S+)/.exec(message)?.[1];
  if (symbol) return `its binding and its libraries do not fit: no ${symbol}`;
  return message.split('\n')[0]!;
}
