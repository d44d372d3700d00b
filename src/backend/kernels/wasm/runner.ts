// The kernels' own WebAssembly module, which works in the memory of the wasm engine of TensorFlow.js, on its tensors as
// they lie there.
import * as tf from '@tensorflow/tfjs-core';
import { assemble, type WasmFunction } from '../../../assemble-wasm.ts';
import { type WasmModule, wasmBackend, wasmModule } from './backend.ts';
import { adamwFunctions } from './code/adamw.ts';
import { attentionFunctions } from './code/attention.ts';
import { eachFunctions } from './code/each.ts';
import { multiplyFunctions } from './code/multiply.ts';
import { type FunctionName, numberOf, ORDER } from './code/order.ts';
import { PRODUCT_SCRATCH, productFunctions } from './code/product.ts';
import { rowFunctions } from './code/rows.ts';
import { softmaxFunctions } from './code/softmax.ts';
import { tileFunctions } from './code/tile.ts';
import { type StartWorker, Workers } from './workers.ts';

/** A job may name those of (job, index, scratch). For `isFused` see tile.ts. */
function functions(isFused: boolean): WasmFunction[] {
  const all = [
    ...productFunctions(isFused),
    ...multiplyFunctions,
    ...softmaxFunctions,
    ...attentionFunctions,
    ...eachFunctions,
    ...rowFunctions,
    ...adamwFunctions,
  ];
  return ORDER.map((name) => all.find((one) => one.name === name)!);
}

/** The fastest that WebAssembly has here. */
function compile(isShared: boolean): WebAssembly.Module {
  const isFused = WebAssembly.validate(assemble(tileFunctions(true)));
  return new WebAssembly.Module(assemble(functions(isFused), isShared));
}

export interface Job {
  name: FunctionName;
  /** 32-bit numbers, in the order of the function's fields. */
  fields: readonly number[];
  /** Into how many parts it can be cut. */
  parts: number;
  /** About how long it takes one thread, in nanoseconds. */
  work: number;
  /** Bytes that each thread needs beside what products take. */
  scratch?: number;
}

/** Less work than this is done before other threads are awake. */
const WORTH_THREADS = 150_000;

type Part = (job: number, index: number, scratch: number) => void;

class Runner {
  readonly #exports: Record<string, Part>;
  readonly #engine: WasmModule;
  readonly #job: number;
  /** The threads' rooms, one behind the other: where, and the bytes of one. */
  #scratch: { address: number; bytes: number } = { address: 0, bytes: 0 };
  readonly #startWorkers: () => Workers | undefined;
  /** False where there can be none. */
  #workers: Workers | false | undefined;
  /** Zeros, as many as a product can be asked to begin with. */
  readonly zeros: number;

  constructor(startWorker: StartWorker | undefined) {
    const engine = wasmModule();
    const { memory, malloc, threads } = engine;
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    const module = compile(isShared);
    const { exports } = new WebAssembly.Instance(module, { host: { memory } });
    this.#exports = exports as Record<string, Part>;
    this.#engine = engine;
    this.#job = malloc(256);
    this.zeros = malloc(256);
    new Uint8Array(memory.buffer, this.zeros, 256).fill(0);
    this.#startWorkers = () => {
      if (!isShared || threads === 1 || !startWorker) return undefined;
      try {
        return new Workers(engine, module, ORDER, startWorker);
      } catch {
        return undefined; // a page may forbid workers
      }
    };
  }

  run({ name, fields, parts, work, scratch = 0 }: Job): void {
    this.#makeRoom(PRODUCT_SCRATCH + scratch);
    new Int32Array(this.#engine.memory.buffer, this.#job, fields.length).set(fields);
    const run = this.#exports[name]!;
    const { address, bytes } = this.#scratch;
    if (parts > 1 && work > WORTH_THREADS) {
      this.#workers ??= this.#startWorkers() ?? false;
      if (this.#workers) {
        const number = numberOf(name);
        const job = { number, address: this.#job, scratch: address + bytes, scratchBytes: bytes };
        this.#workers.run(job, parts, (index) => run(this.#job, index, address));
        return;
      }
    }
    for (let index = 0; index < parts; index++) run(this.#job, index, address);
  }

  /** Ends its threads. */
  stop(): void {
    if (this.#workers) this.#workers.stop();
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#scratch.bytes) return;
    const { malloc, free, threads } = this.#engine;
    if (this.#scratch.address !== 0) free(this.#scratch.address);
    const bytes = Math.ceil(needed / 64) * 64;
    this.#scratch = { address: malloc(bytes * threads), bytes };
  }
}

/** How workers are started here. */
let startWorker: StartWorker | undefined;
const runners = new WeakMap<object, Runner>();
let latest: Runner | undefined;

/** The module over the running wasm engine's memory. Throws where that cannot be had, or WebAssembly has no vectors. */
export function wasmRunner(): Runner {
  const backend = tf.backend();
  let runner = runners.get(backend);
  if (!runner) {
    runner = new Runner(startWorker);
    runners.set(backend, runner);
    latest?.stop(); // the engine was started anew
    latest = runner;
  }
  return runner;
}

/** Whether there is one. From now on large jobs run on workers too. */
export function startWasmRunner(start: StartWorker): boolean {
  startWorker = start;
  try {
    return wasmRunner() !== undefined;
  } catch {
    return false;
  }
}

/** Whether the engine that runs is wasm, with the module over its memory. */
export function runsFastWasm(): boolean {
  return runners.has(tf.backend());
}

/** A new tensor, whose numbers are whatever was in its memory; TensorFlow.js does not count it. */
export function newTensor(shape: readonly number[]): tf.TensorInfo {
  return wasmBackend().makeOutput([...shape], 'float32');
}

/** Where a tensor's numbers lie, in bytes. */
export function addressOf({ dataId }: tf.TensorInfo): number {
  return wasmBackend().dataIdMap.get(dataId).memoryOffset;
}

/** The bits of a float32 number as a field of a job. */
export function bits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
