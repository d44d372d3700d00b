// The engine webgpu beside its arithmetic: how it starts, what it says when something goes wrong, and that it ends.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { cpu, startFirst } from '../../src/backend/engine.ts';
import { startEngine } from '../../src/backend/engines.node.ts';
import { isOutOfMemory } from '../../src/backend/out-of-memory.ts';
import { webgpu } from '../../src/backend/webgpu/webgpu.node.ts';
import { softwareName } from '../../src/backend/webgpu/webgpu.ts';
import { hasWebGPU } from './webgpu-support.ts';

/** The part of the backend that the tests reach into. */
interface Backend {
  device: GPUDevice;
  runWebGPUProgram(program: object, inputs: tf.TensorInfo[], dtype: string): tf.TensorInfo;
}

const backend = () => tf.backend() as unknown as Backend;

test.each([
  [{ isFallbackAdapter: true, description: 'SwiftShader driver 5.0.0' }, 'SwiftShader driver 5.0.0'],
  [{ architecture: 'swiftshader', vendor: 'google' }, 'swiftshader'],
  [{ description: 'llvmpipe (LLVM 15.0.6, 256 bits)', vendor: 'mesa' }, 'llvmpipe (LLVM 15.0.6, 256 bits)'],
  [{ description: 'NVIDIA H100', architecture: 'hopper', vendor: 'nvidia' }, undefined],
  [{}, undefined],
])('%o is a program: %s', (info, expected) => {
  expect(softwareName(info as GPUAdapterInfo)).toBe(expected);
});

describe.skipIf(!hasWebGPU)('on webgpu', () => {
  beforeEach(async () => {
    await startEngine('webgpu');
  });

  test('auto takes a GPU and never a program; who asks for that hears what it is', async () => {
    const isProgram = softwareName(backend().device.adapterInfo) !== undefined;
    expect(await startFirst([webgpu, cpu], 'auto')).toBe(isProgram ? 'cpu' : 'webgpu');
    const notes: string[] = [];
    await startFirst([webgpu], 'webgpu', { onNote: (note) => notes.push(note) });
    expect(notes.length).toBe(isProgram ? 1 : 0);
  });

  test('a tensor larger than a buffer of the GPU is refused at once', () => {
    const side = Math.ceil(Math.sqrt(backend().device.limits.maxBufferSize / 4)) + 1;
    let thrown: unknown;
    try {
      tf.fill([side, side], 2);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).message).toMatch(
      /^not enough memory in one buffer .*expected at most \d+ bytes/,
    );
    expect(isOutOfMemory(thrown)).toBe(true);
  });

  test('what the GPU refuses is an error where a value is read, and what comes after it works', async () => {
    const answer = run('this is no program');
    await expect(answer.data()).rejects.toThrow(/^the GPU refused an operation: got .*(?<!\n)$/);
    expect((await tf.add(tf.ones([2000]), 1).data())[2000 - 1]).toBe(2);
  });

  test('out of memory is an error where a value is read, and a smaller batch works', async () => {
    const sum = tf.add(tf.ones([3000]), 1);
    const error = new GPUOutOfMemoryError('no room');
    backend().device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
    const thrown: unknown = await sum.data().catch((reason: unknown) => reason);
    expect((thrown as Error).message).toMatch(/^the GPU is out of memory: got no room \(a smaller batch/);
    expect(isOutOfMemory(thrown)).toBe(true);
    expect((await tf.add(tf.ones([1500]), 1).data())[1500 - 1]).toBe(2);
  });

  test('a value on the GPU is not read at once', () => {
    const sum = tf.add(tf.ones([2000]), 1);
    expect(() => sum.dataSync()).toThrow(/cannot be read at once \(await its data\(\)\)$/);
  });

  test('memory of sizes that are not needed any more is given back', async () => {
    const allocated = () =>
      (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    const before = allocated();
    let most = 0;
    for (let size = 100_000; size < 100_060; size++) {
      const sum = tf.tidy(() => tf.slice(tf.add(tf.ones([size]), 1), 0, 1));
      await sum.data();
      sum.dispose();
      most = Math.max(most, allocated() - before);
    }
    expect(most).toBeLessThan(2 * 20 * 4.01e5); // of 60 times two tensors of 0.4 MB
  });

  test('a device that is lost is an error, and the next start has another', async () => {
    const sum = tf.add(tf.ones([2000]), 1);
    backend().device.destroy();
    await expect(sum.data()).rejects.toThrow(/^the GPU was lost while it computed/);
    await startEngine('webgpu');
    expect((await tf.add(tf.ones([2000]), 1).data())[2000 - 1]).toBe(2);
  });

  const ends = [
    ['', 0],
    ['process.exit(3);', 3],
    ['throw new Error("no more");', 1],
    ['void tf.add(a, 2).data(); process.exit(3);', 3],
  ] as const;
  test.each(ends)('a process ends as it should: %j', { timeout: 60_000 }, async (last, status) => {
    const { error, stdout } = await ended(`
      import * as tf from '@tensorflow/tfjs-core';
      import { startEngine } from '${import.meta.dirname}/../../src/backend/engines.node.ts';
      await startEngine('webgpu');
      const a = tf.add(tf.ones([2000]), 1);
      console.log((await a.data())[1999]);
      ${last}`);
    expect(stdout).toBe('2\n');
    expect({ code: error?.code ?? 0, signal: error?.signal ?? null }).toEqual({ code: status, signal: null });
  });

  test('where no driver works, one line says so', { timeout: 60_000 }, async () => {
    const { error, stderr } = await ended(
      `import { startEngine } from '${import.meta.dirname}/../../src/backend/engines.node.ts';
      await startEngine('webgpu').catch(({ name, message }) => { console.error(name, message); process.exit(4); });`,
      { VK_ICD_FILENAMES: '/nowhere/driver.json', VK_DRIVER_FILES: '' },
    );
    expect(error?.code).toBe(4);
    expect(stderr).toMatch(
      /^ClipError the engine webgpu is not here: WebGPU finds no GPU \(npm install webgpu/m,
    );
  });
});

/** A program of one line, over nothing. */
function run(code: string): tf.Tensor {
  const program = {
    outputShape: [1],
    variableNames: [],
    workgroupSize: [1, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [1, 1, 1],
    shaderKey: code,
    getUserCode: () => code,
  };
  return tf.engine().makeTensorFromTensorInfo(backend().runWebGPUProgram(program, [], 'float32'));
}

interface Ended {
  error?: { code?: number; signal?: string | null };
  stdout: string;
  stderr: string;
}

/** Runs a program in a process of its own. */
async function ended(code: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const options = { env: { ...process.env, ...env } };
  return promisify(execFile)(process.execPath, args, options).catch((error) => ({ ...error, error }));
}
