// Whether the engine computes: another process loads it as clip-tfjs does, so that a crash there is an answer too.
import { join } from 'node:path';
import { ClipError } from '../../errors.ts';
import { CUDA_SETTINGS } from '../cuda/settings.ts';
import { PACKAGES } from '../packages.node.ts';
import type { Recipe } from './recipe.ts';
import { run } from './run.node.ts';

/**
 * Throws ClipError unless a product and a gradient are right on the engine that `root`'s clip-tfjs would load. Returns
 * whether it ran on a GPU.
 */
export async function checkEngine(
  { engine, tensorflow }: Recipe,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<{ gpu: boolean }> {
  const what = `the engine ${engine} is built, but does not work here`;
  const hint = `clip-tfjs setup ${engine} --uninstall, then again`;
  const quiet = { ...CUDA_SETTINGS, ...env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2' };
  const program = ['-e', CHECK, join(root, 'package.json'), PACKAGES[engine]];
  const answer = await run(process.execPath, program, { env: quiet, what, hint, seconds: 300 });
  const { version, gpu } = JSON.parse(answer) as { version: string; gpu: boolean };
  if (version === tensorflow) return { gpu };
  throw new ClipError(what, { expected: `TensorFlow ${tensorflow}`, got: version, hint });
}

// Whole numbers, so that every sum is exact in float32 in whatever order it is taken. The gradient goes through the
// core that clip-tfjs imports: it would be missing if the binding had found another copy.
const CHECK = `
const util = require('node:util');
util.isNullOrUndefined = (value) => value === null || value === undefined;
util.isArray = Array.isArray;
const ours = require('node:module').createRequire(process.argv[1]);
ours(process.argv[2]);
const tf = ours('@tensorflow/tfjs-core');

const [rows, inner, columns] = [37, 53, 29];
const a = Array.from({ length: rows * inner }, (_, i) => (i * 7) % 11 - 5);
const b = Array.from({ length: inner * columns }, (_, i) => (i * 5) % 13 - 6);
const product = tf.matMul(tf.tensor2d(a, [rows, inner]), tf.tensor2d(b, [inner, columns])).dataSync();
for (let i = 0; i < rows; i += 1) for (let j = 0; j < columns; j += 1) {
  let sum = 0;
  for (let k = 0; k < inner; k += 1) sum += a[i * inner + k] * b[k * columns + j];
  if (product[i * columns + j] !== sum) throw new Error('a matrix product is wrong');
}
const slope = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2, 3])).dataSync();
if (slope.join() !== '2,4,6') throw new Error('a gradient is wrong');
const { binding, isUsingGpuDevice: gpu = false } = tf.backend();
process.stdout.write(JSON.stringify({ version: binding.TF_Version, gpu }));
`;
