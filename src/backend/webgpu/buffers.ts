// The GPU's memory. TensorFlow.js keeps every buffer for the next tensor of exactly its size, and for ever: texts of many
// lengths would fill any GPU. And what could not be had for want of memory looks like a buffer, is none, and would be
// handed out again.

/** The part of TensorFlow.js's own that is used here: tfjs-backend-webgpu 4.22, src/buffer_manager.ts. */
export interface BufferManager {
  freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
  acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Readings after which a buffer that nobody has needed is given back. A training reads three numbers a step. */
const KEPT = 16;

/** Watches over a backend's buffers. */
export class Buffers {
  readonly #manager: BufferManager;
  readonly #lastUsed = new Map<string, number>();
  #readings = 0;
  /** Made since the last reading that went well. */
  #fresh = new Set<GPUBuffer>();
  readonly #suspect = new WeakSet<GPUBuffer>();

  constructor(manager: BufferManager) {
    this.#manager = manager;
    const [acquire, release] = [manager.acquireBuffer.bind(manager), manager.releaseBuffer.bind(manager)];
    manager.acquireBuffer = (size, usage, mapped, reuse) => {
      const key = `${size}_${usage}`;
      const isNew = !manager.freeBuffers.get(key)?.length;
      const buffer = acquire(size, usage, mapped, reuse);
      if (isNew) this.#fresh.add(buffer);
      this.#lastUsed.set(key, this.#readings);
      return buffer;
    };
    manager.releaseBuffer = (buffer, reuse = true) => release(buffer, reuse && !this.#suspect.has(buffer));
  }

  /** A reading went well: whatever was made before it is there. */
  onRead(): void {
    this.#readings += 1;
    this.#fresh.clear();
  }

  /** A reading did not: which of the buffers are none is not known, so none of the new ones is used again. */
  onFault(): void {
    for (const buffer of this.#fresh) this.#suspect.add(buffer);
    this.#fresh.clear();
    for (const buffers of this.#manager.freeBuffers.values()) this.#giveBack(buffers);
  }

  /** Gives back what lies idle. To be called when nothing is left that the GPU has not been told of. */
  giveBackIdle(): void {
    for (const [key, buffers] of this.#manager.freeBuffers) {
      if (this.#readings - this.#lastUsed.get(key)! > KEPT) this.#giveBack(buffers);
    }
  }

  #giveBack(buffers: GPUBuffer[]): void {
    for (const buffer of buffers) {
      this.#manager.numBytesAllocated -= buffer.size;
      this.#manager.numFreeBuffers -= 1;
      buffer.destroy();
    }
    buffers.length = 0; // the list stays: buffers of this size may be in use, and come back to it
  }
}
