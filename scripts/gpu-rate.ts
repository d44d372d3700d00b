// Pictures a second of one engine, for scripts/check-gpu.sh: gpu-rate.ts WEIGHTS ENGINE BATCH OUT.rate.json
import { writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { load } from '../src/index.ts';

const [weights, engine, batchText, out] = process.argv.slice(2) as [string, string, string, string];
const [WARM_UP, TIMED] = [3, 10];

const { model, backend, release } = await load(weights, { backend: engine, onNote: console.error });
const size = model.config.image_resolution;
const batch = Number(batchText);
// The same numbers as in gpu_rate.py.
const numbers = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => Math.sin(i % 10_007));
const images = tf.tensor4d(numbers, [batch, 3, size, size]);
const times: number[] = [];
let features = new Float32Array();
for (let turn = 0; turn < WARM_UP + TIMED; turn++) {
  const start = performance.now();
  const encoded = model.encodeImage(images);
  features = (await encoded.data<'float32'>()) as Float32Array<ArrayBuffer>;
  if (turn >= WARM_UP) times.push(performance.now() - start);
  encoded.dispose();
}
const median = times.toSorted((a, b) => a - b)[TIMED >> 1]!;
writeFileSync(out, JSON.stringify({ rate: (1000 * batch) / median, features: [...features] }));
console.error(`${backend}: ${((1000 * batch) / median).toFixed(1)} pictures a second`);
images.dispose();
release();
