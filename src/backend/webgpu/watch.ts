// What goes wrong on a GPU goes wrong later and elsewhere: an operation that finds no memory gives a tensor of nothing, and
// all that is computed from it is nothing too, without a word. So the device's errors are kept, and whoever reads a value
// after one gets the error instead.
import type * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../../errors.ts';
import { type BufferManager, Buffers } from './buffers.ts';

/** The part of TensorFlow.js's backend that is used here: tfjs-backend-webgpu 4.22, src/backend_webgpu.ts. */
export interface Backend extends tf.KernelBackend {
  readonly bufferManager: BufferManager;
  readonly tensorMap: { get(dataId: object): { shape: number[]; values?: unknown } };
  uploadToGPU(dataId: object): void;
  submitQueue(): void;
}

/** Makes the backend's reading throw a ClipError, of one line, for what went wrong on its device before. */
export function watch(backend: Backend, device: GPUDevice): Backend {
  const buffers = new Buffers(backend.bufferManager);
  let fault: ClipError | undefined;
  let lost: ClipError | undefined;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault(); // or it goes to the console too
    fault ??= describe((event as GPUUncapturedErrorEvent).error);
  });
  void device.lost.then(({ message }) => {
    lost = new ClipError('the GPU was lost while it computed', {
      got: message || 'no reason',
      hint: 'its driver was reset, or it was taken away: start again',
    });
  });
  /** The error to throw, which the next reading does not meet again unless the device is gone. */
  const take = (): ClipError | undefined => {
    const error = lost ?? fault;
    fault = undefined;
    if (error) buffers.onFault();
    return error;
  };

  const own = { read: backend.read, uploadToGPU: backend.uploadToGPU, submitQueue: backend.submitQueue };
  backend.read = async (dataId) => {
    const values = await own.read.call(backend, dataId).catch((error: unknown) => {
      throw take() ?? error;
    });
    const error = take();
    if (error) throw error;
    buffers.onRead();
    return values;
  };
  backend.readSync = (dataId) => {
    const { values } = backend.tensorMap.get(dataId);
    if (values) return values as tf.BackendValues;
    throw new ClipError('a tensor on the GPU cannot be read at once', { hint: 'await its data()' });
  };
  backend.uploadToGPU = (dataId) => {
    checkSize(backend.tensorMap.get(dataId).shape, device.limits);
    own.uploadToGPU.call(backend, dataId);
  };
  backend.submitQueue = () => {
    own.submitQueue.call(backend);
    buffers.giveBackIdle();
  };
  return backend;
}

function describe(error: GPUError): ClipError {
  const [line] = error.message.split('\n');
  if (error instanceof GPUOutOfMemoryError) {
    return new ClipError('the GPU is out of memory', {
      got: line,
      hint: 'a smaller batch, a smaller model, or --backend wasm',
    });
  }
  return new ClipError('the GPU refused an operation', {
    got: line,
    hint: '--backend wasm computes the same',
  });
}

const BYTES = 4; // of a float32, an int32 and, here, a bool

function checkSize(shape: readonly number[], limits: GPUSupportedLimits): void {
  const bytes = shape.reduce((product, size) => product * size, BYTES);
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (bytes <= most) return;
  throw new ClipError(`not enough memory in one buffer of this GPU for a tensor of [${shape}]`, {
    expected: `at most ${most} bytes`,
    got: bytes,
    hint: 'a smaller batch, or --backend wasm',
  });
}
