// The engines of a browser, best first.
import { cpu, type Engine, type EngineName, type StartOptions, startFirst, wasm } from './engine.ts';
import { BACKEND_PACKAGE, type BackendModule, startWebGPU } from './webgpu/webgpu.ts';

/** WebGPU as the browser has it. */
export const webgpu: Engine = {
  name: 'webgpu',
  hint: `npm install ${BACKEND_PACKAGE}, and a browser with WebGPU`,
  start: async (options) => {
    if (!('gpu' in navigator))
      throw new Error('this browser has no WebGPU, or the page does not come by https');
    await startWebGPU(navigator.gpu, importBackend, options);
  },
};

async function importBackend(): Promise<BackendModule> {
  try {
    return (await import('@tensorflow/tfjs-backend-webgpu')) as unknown as BackendModule;
  } catch {
    throw new Error('@tensorflow/tfjs-backend-webgpu is not installed'); // bundlers make this of a package that is not there
  }
}

/** In the order in which `auto` tries them. */
export const engines: readonly Engine[] = [webgpu, wasm, cpu];

/**
 * Makes TensorFlow.js run on `wanted`: `auto` takes the first of webgpu, wasm and cpu that works. Returns the engine's
 * name; throws ClipError when the one asked for is not here.
 */
export async function startEngine(wanted: string = 'auto', options: StartOptions = {}): Promise<EngineName> {
  return startFirst(engines, wanted, options);
}
