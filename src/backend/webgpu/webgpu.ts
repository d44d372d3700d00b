// The engine webgpu on a platform's `GPU`: TensorFlow.js's backend over a device of ours, with all that the adapter allows.
// Upstream would make a device itself; ours is watched, so that what goes wrong on the GPU is heard of.
import * as tf from '@tensorflow/tfjs-core';
import { type StartOptions, selectBackend } from '../engine.ts';
import { registerWebGPUKernels } from '../kernels/webgpu/register.ts';
import { type Backend, watch } from './watch.ts';

export const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu@4.22.0';

/** The part of the package that is used here. */
export interface BackendModule {
  WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => Backend;
}

/** What runs: a device that was lost is replaced at the next start. */
let running: { isLost: boolean; software: string | undefined } | undefined;

/**
 * Makes WebGPU TensorFlow.js's engine. `load` imports the backend, once an adapter has been found. Throws where there is
 * none, and where the adapter is no GPU but a program, unless webgpu was asked for by name.
 */
export async function startWebGPU(
  gpu: GPU,
  load: () => Promise<BackendModule>,
  { auto, onNote }: StartOptions,
): Promise<void> {
  if (!running || running.isLost) {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('WebGPU finds no GPU');
    const software = softwareName(adapter.info);
    if (auto) checkGPU(software);
    const { WebGPUBackend } = await load();
    registerWebGPUKernels();
    const device = await requestDevice(adapter);
    const backend = watch(new WebGPUBackend(device, adapter.info), device);
    tf.removeBackend('webgpu'); // upstream's, or the one whose device was lost
    tf.registerBackend('webgpu', () => backend);
    const state = { isLost: false, software };
    running = state;
    void device.lost.then(() => {
      state.isLost = true;
    });
  }
  if (auto) checkGPU(running.software);
  await selectBackend('webgpu');
  if (running.software) onNote?.(`webgpu runs on ${running.software}, a program and no GPU: right, but slow`);
}

function checkGPU(software: string | undefined): void {
  if (software) throw new Error(`WebGPU finds no GPU, only the program ${software}`);
}

/** The name of an adapter that is a program on the CPU; undefined for a GPU. */
export function softwareName({
  isFallbackAdapter,
  architecture,
  description,
  vendor,
}: GPUAdapterInfo): string | undefined {
  const name = [description, architecture, vendor].find(Boolean) ?? 'without a name';
  const known = /swiftshader|llvmpipe|lavapipe|basic render|software/i;
  return isFallbackAdapter || known.test(`${architecture} ${description}`) ? name : undefined;
}

/** A device with the adapter's own limits: WebGPU's defaults end at tensors of 128 MB. */
async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  return adapter.requestDevice({ requiredLimits });
}
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;
