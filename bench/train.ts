// A training step (both towers, forward, backward, AdamW): ours beside PyTorch eager, with the same shapes, batch and
// number of threads. Rounds alternate; the table shows medians, and each side's highest resident memory above a process
// that only started the engine (for PyTorch: that only imported torch).
//   npx tsx bench/train.ts [--model mini|vit-b-32] [--batch N] [--lora] [--backend native] [--rounds 9] [--json]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { BATCH, CONFIG, TRAINING } from '../scripts/mini/recipe.ts';
import { startEngine } from '../src/backend/engines.node.ts';
import { median } from '../src/bench/statistics.ts';
import { CLIP } from '../src/model/clip.ts';
import type { CLIPConfig } from '../src/model/config.ts';
import { AdamW } from '../src/train/adamw.ts';
import { type Batch, lossAndGradients, trainableParameters } from '../src/train/gradients.ts';
import { initialize } from '../src/train/initialize.ts';
import { Lora } from '../src/train/lora.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'mini' },
    batch: { type: 'string' },
    backend: { type: 'string', default: 'native' },
    rounds: { type: 'string' },
    lora: { type: 'boolean', default: false }, // adapters of rank 2 beside frozen weights
    json: { type: 'boolean', default: false },
  },
});

interface Work {
  config: CLIPConfig;
  batch: number;
  /** In a round. */
  steps: number;
  rounds: number;
}

const WORKS: Record<string, Work> = {
  mini: { config: CONFIG, batch: BATCH, steps: 5, rounds: 9 },
  'vit-b-32': {
    config: {
      embed_dim: 512,
      image_resolution: 224,
      vision_layers: 12,
      vision_width: 768,
      vision_patch_size: 32,
      vision_heads: 12,
      vision_mlp_width: 3072,
      context_length: 77,
      vocab_size: 49408,
      transformer_width: 512,
      transformer_heads: 8,
      transformer_mlp_width: 2048,
      transformer_layers: 12,
      activation: 'quick_gelu',
    },
    batch: 32,
    steps: 1,
    rounds: 5,
  },
};

const resident = (): number => process.resourceUsage().maxRSS / 1024;

const work = WORKS[flags.model];
if (!work) throw new Error(`--model: expected ${Object.keys(WORKS).join(' or ')}, got ${flags.model}`);
const { config, steps } = work;
const size = Number(flags.batch ?? work.batch);
const roundCount = Number(flags.rounds ?? work.rounds);

const engine = await startEngine(flags.backend);
tf.zeros([1]).dataSync();
const bare = resident();
const model = new CLIP(config);
initialize(model, 1);
const RANK = 2;
const trained = flags.lora
  ? new Lora(model, { rank: RANK, alpha: 2 * RANK, dropout: 0 }, 1).parameters
  : trainableParameters(model);
const optimizer = new AdamW(trained, TRAINING);
const [oneOfThem] = trained.values();
const batch = randomBatch();

/** Random pictures and texts: start token, words, end token in the middle. */
function randomBatch(): Batch {
  const { image_resolution: side, context_length: length, vocab_size: vocabulary } = config;
  const ids = Int32Array.from({ length: size * length }, (_, i) => {
    if (i % length === 0) return vocabulary - 2;
    return i % length === length >> 1 ? vocabulary - 1 : (i * 7919) % (vocabulary - 2);
  });
  return {
    images: tf.randomNormal([size, 3, side, side], 0, 1, 'float32', 1) as tf.Tensor4D,
    tokens: tf.tensor2d(ids, [size, length], 'int32'),
  };
}

interface Times {
  /** Milliseconds of a whole step. */
  step: number;
  /** Of which the optimiser's. */
  optimizer: number;
  /** The highest resident memory so far above a bare process, MB. */
  aboveMB: number;
}

async function timeOurs(): Promise<Times> {
  const times: Omit<Times, 'aboveMB'>[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    const { loss, accuracy, gradients } = lossAndGradients(model, batch, trained);
    await loss.data();
    const middle = performance.now();
    optimizer.step(gradients, TRAINING.learningRate);
    await oneOfThem!.value.data();
    const end = performance.now();
    tf.dispose([loss, accuracy, ...gradients.values()]);
    times.push({ step: end - start, optimizer: end - middle });
  }
  return {
    step: median(times.map((t) => t.step)),
    optimizer: median(times.map((t) => t.optimizer)),
    aboveMB: resident() - bare,
  };
}

const peer = spawn('.venv/bin/python', [
  'bench/train_peer.py',
  JSON.stringify({ ...config, batch: size, steps, lora: flags.lora ? RANK : 0 }),
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
for (let round = 0; round <= roundCount; round++) {
  const [ours, pytorch] = [await timeOurs(), await timePeer()];
  if (round === 0) continue; // warms up
  rounds.ours.push(ours);
  rounds.pytorch.push(pytorch);
}
peer.stdin.end();

const row = (name: string, times: Times[]) => {
  const ms = median(times.map((t) => t.step));
  return {
    engine: name,
    work: `train ${flags.model}${flags.lora ? ' lora' : ''}`,
    batch: size,
    ms,
    optimizerMs: median(times.map((t) => t.optimizer)),
    pairsPerSecond: (1000 * size) / ms,
    aboveMB: Math.max(...times.map((t) => t.aboveMB)),
  };
};
const [ours, pytorch] = [row(engine, rounds.ours), row('pytorch', rounds.pytorch)];
const toPeer = {
  time: ours.ms / pytorch.ms,
  memory: ours.aboveMB / pytorch.aboveMB,
  optimizerShare: ours.optimizerMs / ours.ms,
};
if (flags.json) {
  console.log(JSON.stringify({ rows: [ours, pytorch], toPeer }));
} else {
  console.log(
    `a training step of ${flags.model}${flags.lora ? ', LoRA' : ''}, batch ${size}, median of ${roundCount} rounds of ${steps}`,
  );
  for (const { engine: name, ms, optimizerMs, pairsPerSecond, aboveMB } of [ours, pytorch]) {
    const parts = [
      `${ms.toFixed(0)} ms`,
      `(AdamW ${optimizerMs.toFixed(1)})`,
      `${pairsPerSecond.toPrecision(3)} pairs/s`,
      `${aboveMB.toFixed(0)} MB above bare`,
    ];
    console.log(`${name.padEnd(10)} ${parts.join('  ')}`);
  }
  const { time, memory, optimizerShare } = toPeer;
  console.log(
    `${engine} / pytorch: time ${time.toFixed(2)}, memory ${memory.toFixed(2)}; AdamW ${(100 * optimizerShare).toFixed(1)} % of the step`,
  );
}
process.exit(); // the native engine's threads would keep the process
