// What the engine that runs is, and on what it computes.
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { listGpus } from '../backend/cuda/driver.node.ts';
import type { EngineName } from '../backend/engine.ts';
import { threadCount } from '../backend/threads/thread-count.node.ts';
import { sizeText } from '../disk.node.ts';

export interface EngineDescription {
  /** Such as TensorFlow 2.21.0. */
  version: string;
  /** Such as 2 threads, SIMD. */
  on: string;
}

export async function describeEngine(name: EngineName): Promise<EngineDescription> {
  switch (name) {
    case 'cuda':
      return { version: tensorFlow(), on: (await gpus()) || 'a GPU' };
    case 'native':
      return { version: tensorFlow(), on: threads(Number(process.env.TF_NUM_INTRAOP_THREADS) || undefined) };
    case 'webgpu':
      return { version: `Dawn in webgpu ${packageVersion('webgpu')}`, on: adapter() };
    case 'wasm': {
      const { getThreadsCount, version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
      const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD' : 'no SIMD';
      return { version: `TensorFlow.js ${version_wasm}`, on: `${threads(getThreadsCount())}, ${simd}` };
    }
    case 'cpu':
      return { version: `TensorFlow.js ${tf.version_core}`, on: 'plain JavaScript, 1 thread' };
  }
}

function threads(count: number = threadCount().count): string {
  return `${count} ${count === 1 ? 'thread' : 'threads'}`;
}

function tensorFlow(): string {
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return `TensorFlow ${binding.TF_Version}`;
}

async function gpus(): Promise<string> {
  const found = await listGpus();
  return found
    .map(({ name, memory, driver }) => `${name} with ${sizeText(memory)}, driver ${driver}`)
    .join('; ');
}

function adapter(): string {
  const { device } = tf.backend() as unknown as { device?: GPUDevice };
  const { description, vendor, architecture } = device?.adapterInfo ?? {};
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'an adapter without a name';
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
