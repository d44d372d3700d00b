// 1,000 classifications in a loop: tensors alive and resident memory, which must both stay flat after warm-up.
//
//     npx tsx bench/memory.ts [--model NAME|PATH] [--backend ENGINE] [--json]
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { shapesTest } from '../src/data/shapes/shapes.ts';
import { classify, load, zeroShotHead } from '../src/index.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'mini' },
    backend: { type: 'string', default: 'wasm' },
    json: { type: 'boolean', default: false },
  },
});
const ROUNDS = 1000;
const EVERY = 100;

const loaded = await load(values.model, { backend: values.backend });
const { image, count, fineNames } = shapesTest();
const head = await zeroShotHead(loaded, fineNames, { truncate: true });
const rows: { round: number; tensors: number; rssMB: number }[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  await classify(loaded, [image(round % count)], head);
  if (round % EVERY > 0) continue;
  const row = { round, tensors: tf.memory().numTensors, rssMB: Math.round(process.memoryUsage.rss() / 1e6) };
  rows.push(row);
  if (!values.json) console.log(`after ${round}: ${row.tensors} tensors, ${row.rssMB} MB`);
}
if (values.json) console.log(JSON.stringify({ model: values.model, backend: loaded.backend, rows }));
