// Reading pictures: 640×480 JPEGs → float32 [3,224,224] by 0, 1 and 2 workers, beside PyTorch's DataLoader over Pillow and
// OpenAI's clip._transform; then a training step on the engine, and how long it waits for its batch. Rounds alternate; medians.
//   npx tsx bench/pool.ts [--json] [--backend native] [--rounds 7]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { CONFIG, TRAINING } from '../scripts/mini/recipe.ts';
import { startEngine } from '../src/backend/engines.node.ts';
import { PixelPool } from '../src/data/pool/pixel-pool.node.ts';
import { CLIP } from '../src/model/clip.ts';
import { AdamW } from '../src/train/adamw.ts';
import { lossAndGradients, trainableParameters } from '../src/train/gradients.ts';
import { initialize } from '../src/train/initialize.ts';
import { writePictures } from './pictures.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'native' },
    rounds: { type: 'string', default: '7' },
  },
});
const [SIZE, BATCH, BATCHES, STEPS] = [224, 32, 4, 6];
const WORKERS = [0, 1, 2] as const;

const PEER = `
import glob, sys, time, types, warnings
warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")
import torch, clip.clip
from PIL import Image
transform = clip.clip._transform(${SIZE})
files = sorted(glob.glob(sys.argv[1] + "/*.jpg")) * ${BATCHES}
class Files(torch.utils.data.Dataset):
    def __len__(self): return len(files)
    def __getitem__(self, i): return transform(Image.open(files[i]))
torch.set_num_threads(1)
loaders = {n: torch.utils.data.DataLoader(Files(), ${BATCH}, num_workers=n, persistent_workers=n > 0) for n in (0, 1, 2)}
for line in sys.stdin:
    batches = iter(loaders[int(line)])
    start = time.perf_counter()
    count = sum(len(batch) for batch in batches)
    print(count / (time.perf_counter() - start), flush=True)
`;

import { median } from '../src/bench/statistics.ts';

const folder = mkdtempSync(join(tmpdir(), 'pool-'));
const requests = (await writePictures(folder, BATCH)).map((path) => ({ source: { path } }));
const pools = WORKERS.map((workers) => new PixelPool({ size: SIZE, normalization: {}, workers }));

/** Pictures a second, a batch being read while the one before is taken. */
async function throughput(pool: PixelPool): Promise<number> {
  const start = performance.now();
  let next = pool.read(requests);
  for (let batch = 1; batch <= BATCHES; batch++) {
    const { kept } = await next;
    if (kept.length !== BATCH) throw new Error('a picture was not read');
    if (batch < BATCHES) next = pool.read(requests);
  }
  return (1000 * BATCH * BATCHES) / (performance.now() - start);
}

const peer = spawn('.venv/bin/python', ['-c', PEER, folder]);
peer.stderr.pipe(process.stderr);
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function peerThroughput(workers: number): Promise<number> {
  peer.stdin.write(`${workers}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the Python peer ended early; is .venv there?');
  return Number(value);
}

const engine = await startEngine(flags.backend);
const config = {
  ...CONFIG,
  image_resolution: SIZE,
  vision_patch_size: 32,
  vision_width: 384,
  vision_layers: 6,
};
const model = new CLIP(config);
initialize(model, 1);
const optimizer = new AdamW(trainableParameters(model), TRAINING);
const tokens = tf.tensor2d(
  Int32Array.from({ length: BATCH * config.context_length }, (_, i) => i % config.vocab_size),
  [BATCH, config.context_length],
  'int32',
);

interface Wait {
  /** Milliseconds of a step, the wait included. */
  step: number;
  /** Of which nothing was computed, because the batch was not there. */
  wait: number;
}

/** Steps of which each reads its own batch (`ahead`: during the step before); without a pool, of a batch that is there. */
async function training(pool: PixelPool | undefined, ahead: boolean): Promise<Wait> {
  const ready = await pools[1]!.read(requests);
  const read = () => pool?.read(requests) ?? Promise.resolve(ready);
  const waits: Wait[] = [];
  let next = read();
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    const { pixels } = await (ahead ? next : read());
    const arrived = performance.now();
    if (ahead) next = read();
    const images = tf.tensor4d(pixels, [BATCH, 3, SIZE, SIZE]);
    const { loss, accuracy, gradients } = lossAndGradients(model, { images, tokens });
    await loss.data();
    optimizer.step(gradients, 1e-6);
    await model.logit_scale.value.data();
    tf.dispose([loss, accuracy, images, ...gradients.values()]);
    if (i > 0) waits.push({ step: performance.now() - start, wait: arrived - start });
  }
  await next;
  return { step: median(waits.map(({ step }) => step)), wait: median(waits.map(({ wait }) => wait)) };
}

const WAYS: [name: string, run: () => Promise<Wait>][] = [
  ['no reading', () => training(undefined, true)],
  ['in this thread, when needed', () => training(pools[0], false)],
  ['1 worker, one batch ahead', () => training(pools[1], true)],
  ['2 workers, one batch ahead', () => training(pools[2], true)],
];

const rates = WORKERS.map(() => ({ ours: [] as number[], pytorch: [] as number[] }));
const waits = WAYS.map((): Wait[] => []);
for (let round = 0; round <= Number(flags.rounds); round++) {
  for (const workers of WORKERS) {
    const [ours, pytorch] = [await throughput(pools[workers]!), await peerThroughput(workers)];
    if (round === 0) continue; // warms up
    rates[workers]!.ours.push(ours);
    rates[workers]!.pytorch.push(pytorch);
  }
}
peer.stdin.end();
for (let round = 0; round < Math.max(1, Number(flags.rounds) / 2); round++) {
  for (const [i, [, run]] of WAYS.entries()) waits[i]!.push(await run());
}
await Promise.all(pools.map((pool) => pool.close()));
rmSync(folder, { recursive: true });

const reading = rates.map(({ ours, pytorch }, workers) => ({
  workers,
  ours: median(ours),
  pytorch: median(pytorch),
}));
const steps = waits.map((found, i) => ({
  way: WAYS[i]![0],
  step: median(found.map(({ step }) => step)),
  wait: median(found.map(({ wait }) => wait)),
}));
if (flags.json) {
  console.log(JSON.stringify({ engine, size: SIZE, batch: BATCH, rounds: flags.rounds, reading, steps }));
} else {
  console.log(`640×480 JPEGs → [3,${SIZE},${SIZE}], pictures a second, median of ${flags.rounds} rounds`);
  for (const { workers, ours, pytorch } of reading) {
    console.log(`${workers} workers   ours ${ours.toFixed(0)}   PyTorch's DataLoader ${pytorch.toFixed(0)}`);
  }
  console.log(`a training step of ${BATCH} pictures on ${engine}, milliseconds`);
  for (const { way, step, wait } of steps) {
    console.log(`${way.padEnd(28)} ${step.toFixed(0).padStart(6)}, of which waits ${wait.toFixed(1)}`);
  }
}
