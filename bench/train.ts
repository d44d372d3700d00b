// A training step of the embedded model (both towers, forward, backward, AdamW): ours on the native engine beside
// PyTorch eager, with the same shapes, batch and number of threads. Rounds alternate; the table shows medians.
//   npx tsx bench/train.ts [--json] [--backend native] [--rounds 9]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { BATCH, CONFIG, shapesBatches, TRAINING } from '../scripts/mini/recipe.ts';
import { startEngine } from '../src/backend/engines.node.ts';
import { CLIP } from '../src/model/clip.ts';
import { AdamW } from '../src/train/adamw.ts';
import { lossAndGradients, trainableParameters } from '../src/train/gradients.ts';
import { initialize } from '../src/train/initialize.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'native' },
    rounds: { type: 'string', default: '9' },
  },
});
const STEPS = 5; // in a round

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const engine = await startEngine(flags.backend);
const model = new CLIP(CONFIG);
initialize(model, 1);
const optimizer = new AdamW(trainableParameters(model), TRAINING);
const batch = await shapesBatches(CONFIG, BATCH)(0);

interface Times {
  /** Milliseconds of a whole step. */
  step: number;
  /** Of which the optimiser's. */
  optimizer: number;
}

async function timeOurs(): Promise<Times> {
  const times: Times[] = [];
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    const { loss, accuracy, gradients } = lossAndGradients(model, batch);
    await loss.data();
    const middle = performance.now();
    optimizer.step(gradients, TRAINING.learningRate);
    await model.logit_scale.value.data();
    const end = performance.now();
    tf.dispose([loss, accuracy, ...gradients.values()]);
    times.push({ step: end - start, optimizer: end - middle });
  }
  return { step: median(times.map(({ step }) => step)), optimizer: median(times.map((t) => t.optimizer)) };
}

const peer = spawn('.venv/bin/python', [
  'bench/train_peer.py',
  JSON.stringify({ ...CONFIG, batch: BATCH, steps: STEPS }),
]);
peer.stderr.pipe(process.stderr);
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function timePeer(): Promise<Times> {
  peer.stdin.write('go\n');
  const { value, done } = await answers.next();
  if (done) throw new Error('the Python peer ended early; is .venv there?');
  return JSON.parse(value) as Times;
}

const rounds: { ours: Times[]; pytorch: Times[] } = { ours: [], pytorch: [] };
for (let round = 0; round <= Number(flags.rounds); round++) {
  const [ours, pytorch] = [await timeOurs(), await timePeer()];
  if (round === 0) continue; // warms up
  rounds.ours.push(ours);
  rounds.pytorch.push(pytorch);
}
peer.stdin.end();

const row = (name: string, times: Times[]) => {
  const step = median(times.map((t) => t.step));
  return {
    engine: name,
    work: 'train',
    batch: BATCH,
    ms: step,
    optimizerMs: median(times.map((t) => t.optimizer)),
    pairsPerSecond: (1000 * BATCH) / step,
  };
};
const rows = [row(engine, rounds.ours), row('pytorch', rounds.pytorch)];
const ratio = rows[0]!.pairsPerSecond / rows[1]!.pairsPerSecond;
if (flags.json) {
  console.log(JSON.stringify({ rows, ratio }));
} else {
  console.log(
    `a training step of the embedded model, batch ${BATCH}, median of ${flags.rounds} rounds of ${STEPS}`,
  );
  for (const { engine: name, ms, optimizerMs, pairsPerSecond } of rows) {
    const parts = [
      `${ms.toFixed(0)} ms`,
      `(AdamW ${optimizerMs.toFixed(1)})`,
      `${pairsPerSecond.toFixed(0)} pairs/s`,
    ];
    console.log(`${name.padEnd(10)} ${parts.join('  ')}`);
  }
  console.log(`${engine} / pytorch: ${ratio.toFixed(2)} in pairs a second`);
}
process.exit(); // the native engine's threads would keep the process
