// What several tests need: the fixtures, the engines, recorded tensors.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { loadStateDict } from '../src/checkpoint/state-dict.ts';
import type { Checkpoint } from '../src/checkpoint/stored-tensor.ts';
import { bytesSource } from '../src/data/bytes/byte-source.ts';
import { CLIP } from '../src/model/clip.ts';
import { inferConfig } from '../src/model/config.ts';
import type { ActivationName } from '../src/model/layers.ts';

export const FIXTURES: string = join(import.meta.dirname, 'fixtures');
export const SHARED: string = join(import.meta.dirname, '../../shared/data');

/** A file of ../shared/data, or undefined and a printed reason why tests of it are skipped. */
export function sharedFile(path: string): string | undefined {
  const file = join(SHARED, path);
  if (existsSync(file)) return file;
  console.log(`skipped: tests of ${path}, which is not in ../shared/data`);
  return undefined;
}

export function fixture(...path: string[]): string {
  return join(FIXTURES, ...path);
}

export async function openFixture(...path: string[]): Promise<Checkpoint> {
  return openCheckpoint(bytesSource(readFileSync(fixture(...path))));
}

/** A recorded tensor: float32, or int32 where ids were recorded. */
export async function recorded(checkpoint: Checkpoint, name: string): Promise<tf.Tensor> {
  const stored = checkpoint.tensors.get(name);
  if (!stored) throw new Error(`nothing is recorded as ${name}`);
  const values = await stored.read();
  if (values instanceof BigInt64Array)
    return tf.tensor(Int32Array.from(values, Number), [...stored.shape], 'int32');
  return tf.tensor(await stored.readFloat32(), [...stored.shape]);
}

/** The model of an archive among the fixtures, on the engine that is running. */
export async function fixtureModel(file: string, activation?: ActivationName): Promise<CLIP> {
  const checkpoint = await openFixture('checkpoints', file);
  const config = inferConfig(new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape])));
  const model = new CLIP({ ...config, ...(activation && { activation }) });
  await loadStateDict(model, checkpoint);
  return model;
}

/** The largest difference, as a part of the largest reference value. */
export function relativeError(value: tf.Tensor, reference: tf.Tensor): number {
  if (`${value.shape}` !== `${reference.shape}`) return Infinity;
  const [actual, expected] = [value.dataSync(), reference.dataSync()];
  let [worst, largest] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / largest;
}
