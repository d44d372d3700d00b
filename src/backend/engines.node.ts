// The engines of Node, best first. TensorFlow's C library is used where the user has installed its binding.
import { cuda, native } from './binding.node.ts';
import { cpu, type Engine, type EngineName, type StartOptions, startFirst } from './engine.ts';
import { threadCount } from './threads/thread-count.node.ts';
import { wasm } from './threads/wasm.node.ts';
import { webgpu } from './webgpu/webgpu.node.ts';

/** In the order in which `auto` tries them. */
export const engines: readonly Engine[] = [cuda, native, webgpu, wasm, cpu];

/**
 * Makes TensorFlow.js run on `wanted`: `auto` takes the first of cuda, native, webgpu, wasm and cpu that works. Returns
 * the engine's name; throws ClipError when the one asked for is not here.
 */
export async function startEngine(wanted: string = 'auto', options: StartOptions = {}): Promise<EngineName> {
  threadCount(options.threads); // throws for what is no number of threads, before an engine is tried
  return startFirst(engines, wanted, options);
}
