// What runs here: every engine tried, and how fast it multiplies.
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName } from './engine.ts';
import { engines } from './engines.node.ts';

export interface Diagnosis {
  node: string;
  /** The engine that `auto` takes. */
  auto: EngineName;
  engines: { name: EngineName; available: boolean; reason?: string; hint?: string; gflops?: number }[];
}

/** Starts each engine in turn and times matrix products on it, about half a second each. */
export async function diagnose(): Promise<Diagnosis> {
  const found: Diagnosis['engines'] = [];
  let auto: EngineName | undefined;
  for (const { name, hint, start } of engines) {
    const takenByAuto = (): void => {
      auto ??= name;
    };
    try {
      await start({ auto: true }).then(takenByAuto, () => start({}));
      found.push({ name, available: true, gflops: await measure() });
    } catch (error) {
      found.push({ name, available: false, reason: (error as Error).message.split('\n')[0]!, hint });
    }
  }
  return { node: process.versions.node, auto: auto!, engines: found }; // cpu always is there
}

const SIDE = 256;
const MILLISECONDS = 500;

/** Billions of floating-point operations a second in a product of square matrices, after one to warm up. */
async function measure(): Promise<number> {
  const [a, b] = [tf.ones([SIDE, SIDE]), tf.ones([SIDE, SIDE])] as [tf.Tensor2D, tf.Tensor2D];
  const multiply = async () => {
    const product = tf.matMul(a, b);
    await product.data();
    product.dispose();
  };
  await multiply();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < MILLISECONDS) {
    await multiply();
    rounds += 1;
  }
  const seconds = (performance.now() - start) / 1000;
  tf.dispose([a, b]);
  return (2 * SIDE ** 3 * rounds) / seconds / 1e9;
}
