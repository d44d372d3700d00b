// How fast the engine that runs multiplies matrices.
import * as tf from '@tensorflow/tfjs-core';

const [SMALLEST, LARGEST] = [256, 4096];
/** Milliseconds of one product from which on its start and its reading no longer count. */
const LONG_ENOUGH = 4;

/** Billions of floating-point operations a second in products of square matrices, measured for about `milliseconds`. */
export async function matMulRate(milliseconds: number = 1000): Promise<number> {
  let side = SMALLEST;
  while (side < LARGEST && (await timeProducts(side, 3)) < LONG_ENOUGH) side *= 2;
  const one = await timeProducts(side, 1);
  const rounds = Math.max(1, Math.round(milliseconds / one));
  return (2 * side ** 3) / ((await timeProducts(side, rounds)) / 1000) / 1e9;
}

/** Milliseconds of one product, each read before the next begins; the first is not counted. */
async function timeProducts(side: number, rounds: number): Promise<number> {
  const [a, b] = [tf.ones([side, side]), tf.ones([side, side])] as [tf.Tensor2D, tf.Tensor2D];
  const multiply = async (): Promise<void> => {
    const corner = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
    await corner.data();
    corner.dispose();
  };
  await multiply();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) await multiply();
  const taken = performance.now() - start;
  tf.dispose([a, b]);
  return taken / rounds;
}
