// What the tests of parity share: the recorded cases, the engines they run on, a run of ours beside each.
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { wasmModule } from '../../src/backend/kernels/wasm/backend.ts';
import { releaseModel } from '../../src/checkpoint/state-dict.ts';
import type { StoredTensor } from '../../src/checkpoint/stored-tensor.ts';
import { decodePicture } from '../../src/data/pictures/decode.node.ts';
import type { ParityReport } from '../../src/parity/compare.ts';
import type { Part } from '../../src/parity/keys.ts';
import { ownModel } from '../../src/parity/own-model.ts';
import { parityOf } from '../../src/parity/parity.ts';
import { partsOf } from '../../src/parity/record.ts';
import type { Recording } from '../../src/parity/recording.ts';
import type { Subject } from '../../src/parity/run.ts';
import { openFixture } from '../support.ts';

/** What scripts/reference.py recorded: a ViT, one with GELU, a ResNet. */
export const CASES = ['vit', 'vit-gelu', 'rn'] as const;
/** The same models trained in other ways: a tower frozen, gradients shortened and the batch in parts, an adapter alone. */
export const TRAININGS = ['vit-frozen', 'vit-frozen-text', 'vit-clipped', 'vit-lora', 'rn-lora'] as const;
export type Case = (typeof CASES | typeof TRAININGS)[number];

export function openCase(name: Case): Promise<Recording> {
  return openFixture('parity', `${name}.safetensors`);
}

const hasNative = await startEngine('native').catch(() =>
  console.log('skipped: parity on native, which is not installed'),
);

/** Native too, where it is installed. ENGINES, in the environment, may choose some of them: `cpu,wasm (2 threads)`. */
export const ENGINES: readonly string[] = chosen([
  'cpu',
  'wasm (1 thread)',
  'wasm (2 threads)',
  ...(hasNative ? ['native'] : []),
]);

console.log(`Node ${process.version}, engines: ${ENGINES.join(', ')}`);

function chosen(engines: string[]): string[] {
  const wanted = process.env.ENGINES?.split(',') ?? engines;
  const missing = wanted.find((engine) => !engines.includes(engine));
  if (missing !== undefined) throw new Error(`no engine ${missing} here: expected some of ${engines}`);
  return wanted;
}

/** What `load` takes for an engine of the list. */
export function optionsOf(engine: string): { backend: string; threads?: number } {
  const [, backend, threads] = /^(\w+)(?: \((\d) threads?\))?$/.exec(engine)!;
  return { backend: backend!, ...(threads && { threads: Number(threads) }) };
}

/** Starts an engine of the list, with as many threads as it says. */
export async function startListed(engine: string): Promise<void> {
  const { backend, threads } = optionsOf(engine);
  if (threads !== undefined && tf.engine().registry.wasm && getThreadsCount() !== threads) {
    tf.removeBackend('wasm'); // whatever a test has left on it
  }
  await startEngine(backend, { threads, onNote: console.log });
  if (threads !== undefined) expect(wasmModule().threads).toBe(threads);
}

/** Runs `use` with the model of a recording's own weights, on the engine that runs. */
export async function withOwnModel<T>(
  recording: Recording,
  use: (subject: Subject) => Promise<T>,
): Promise<T> {
  const subject = await ownModel(recording, 'the recording');
  try {
    return await use(subject);
  } finally {
    releaseModel(subject.model);
  }
}

/** Our run beside the recording. `prepare` may do something to the model first. */
export async function reportOf(
  recording: Recording,
  parts: Iterable<Part> = computedParts(recording),
  prepare: (subject: Subject) => void = () => {},
): Promise<ParityReport> {
  return withOwnModel(recording, async (subject) => {
    prepare(subject);
    return parityOf(subject, recording, { parts, decodePicture });
  });
}

/** All but the weights, which are the recording's own. */
function computedParts(recording: Recording): Part[] {
  return [...partsOf(recording)].filter((part) => part !== 'param' && part !== 'input');
}

/** The recording with some tensors taken out, put in or renamed. */
export function changed(
  recording: Recording,
  change: (tensors: Map<string, StoredTensor>) => void,
  metadata: Record<string, string> = {},
): Recording {
  const tensors = new Map(recording.tensors);
  change(tensors);
  return { tensors, metadata: new Map([...recording.metadata, ...Object.entries(metadata)]) };
}

/** How many tensors and buffers the engine holds. */
export function memory(): { numTensors: number; numDataBuffers: number } {
  const { numTensors, numDataBuffers } = tf.memory();
  return { numTensors, numDataBuffers };
}
