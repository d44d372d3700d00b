// The engines that every platform has, and how one is chosen.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import { registerFastWasmKernels } from './kernels/wasm/register.ts';
import { startBrowserWorker } from './kernels/wasm/workers.ts';

/** An engine that runs the model. `cuda` and `native` are TensorFlow's C library, `cpu` is plain JavaScript. */
export type EngineName = 'cuda' | 'native' | 'webgpu' | 'wasm' | 'cpu';

/** How an engine is started. */
export interface StartOptions {
  /** Threads of `native` and of `wasm` in Node, 1 or more; default: see docs/engines.md. */
  threads?: number | undefined;
  /** Called with what the user should know: an engine that cannot do all it could elsewhere. */
  onNote?: ((note: string) => void) | undefined;
  /** Whether it comes from `auto`: an engine that runs, but that nobody should get who has not asked for it, then throws. */
  auto?: boolean | undefined;
}

export interface Engine {
  readonly name: EngineName;
  /** How to get it, for whoever asked for it and has it not. */
  readonly hint: string;
  /** Makes it TensorFlow.js's engine. Throws an Error that says why, where it cannot. */
  start(options: StartOptions): Promise<void>;
}

/** An engine that has been set up, and does not work: `auto` says so before it goes on. The message says why. */
export class BrokenEngine extends Error {}

/** Selects a backend that has been imported, by TensorFlow.js's own name for it. */
export async function selectBackend(name: string): Promise<void> {
  tf.enableProdMode(); // or TensorFlow.js advertises its Node binding on every start
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its ${name} backend`);
}

export const wasm: Engine = {
  name: 'wasm',
  hint: 'it comes with this package; WebAssembly with SIMD is needed',
  start: async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    await selectBackend('wasm');
    registerFastWasmKernels(startBrowserWorker);
  },
};

export const cpu: Engine = {
  name: 'cpu',
  hint: 'it comes with this package',
  start: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await selectBackend('cpu');
  },
};

/**
 * Makes TensorFlow.js run on `wanted`, or with `auto` on the first of `engines` that works, and returns its name.
 * Throws ClipError when none does: why, what there is, and how to get the one that was asked for.
 */
export async function startFirst(
  engines: readonly Engine[],
  wanted: string,
  options: StartOptions = {},
): Promise<EngineName> {
  const candidates = wanted === 'auto' ? engines : engines.filter(({ name }) => name === wanted);
  const { onNote = console.warn } = options;
  const reasons: string[] = [];
  const broken: string[] = [];
  for (const engine of candidates) {
    try {
      await engine.start({ ...options, auto: wanted === 'auto' });
      for (const one of broken) onNote(`${one}; going on with ${engine.name}`);
      return engine.name;
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0]!;
      reasons.push(reason);
      if (error instanceof BrokenEngine)
        broken.push(`${engine.name} is set up, but ${reason} (${engine.hint})`);
    }
  }
  const [engine] = candidates;
  if (!engine) {
    const expected = ['auto', ...engines.map(({ name }) => name)].join(', ');
    throw new ClipError('no engine of that name', { expected, got: wanted });
  }
  throw new ClipError(`the engine ${wanted} is not here: ${reasons.join('; ')}`, {
    hint: `${engine.hint}; wasm and cpu run without any set-up`,
  });
}
