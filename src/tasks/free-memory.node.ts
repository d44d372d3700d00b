// What is left of this machine's memory, or of the container's.
import { freemem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName } from '../backend/engine.ts';

/** What WebAssembly can address. */
const WASM_BYTES = 2 ** 32;

/** Bytes that an engine with its model loaded may still take; undefined where it computes in memory of its own, on a GPU. */
export function freeMemory(engine: EngineName): number | undefined {
  if (engine === 'cuda' || engine === 'webgpu') return undefined;
  // Since Node 20.13 it knows a container's limit; before, only constrainedMemory does (0 or beyond all memory: none).
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const free =
    process.availableMemory?.() ?? Math.min(freemem(), Math.max(0, limit - process.memoryUsage.rss()));
  return engine === 'wasm' ? Math.min(free, WASM_BYTES - tf.memory().numBytes) : free;
}
