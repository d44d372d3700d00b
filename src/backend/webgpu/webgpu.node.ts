// The engine webgpu in Node, through Dawn: the npm package `webgpu`.
import type { Engine } from '../engine.ts';
import { missingVulkan } from './vulkan.node.ts';
import { BACKEND_PACKAGE, type BackendModule, startWebGPU } from './webgpu.ts';

export const webgpu: Engine = {
  name: 'webgpu',
  hint: `npm install webgpu@0.6.2 ${BACKEND_PACKAGE}; on Linux also Vulkan: Debian’s libvulkan1 and the GPU’s driver`,
  start: async (how) => {
    const { create, globals } = await optional<DawnModule>('webgpu');
    const reason = missingVulkan();
    if (reason) throw new Error(reason);
    // TensorFlow.js looks for all of it among the globals, as in a browser.
    Object.assign(globalThis, globals);
    gpu ??= create([]);
    if (!('navigator' in globalThis))
      Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true }); // Node 20
    if (!('gpu' in navigator)) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
    await startWebGPU(gpu, () => optional<BackendModule>('@tensorflow/tfjs-backend-webgpu'), how);
  },
};

interface DawnModule {
  create(options: string[]): GPU;
  globals: object;
}
let gpu: GPU | undefined;

/** A package that not everybody has. */
async function optional<Module>(name: string): Promise<Module> {
  try {
    return await import(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ERR_MODULE_NOT_FOUND' ? `${name} is not installed` : message);
  }
}
