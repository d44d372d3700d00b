// 10,000 batches of pictures and then 10,000 of texts through the pipeline of `clip-tfjs embed`, with the embedded model,
// each engine in a process of its own: tensors alive and resident memory, which must both stay flat after warm-up.
//
//     npx tsx bench/memory.ts [--backend native,wasm] [--batches 10000] [--figure docs/figures/memory.png] [--json]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import { shapesTest } from '../src/data/shapes/shapes.ts';
import { curvesFigure } from '../src/figure/curves-figure.ts';
import { embedPictures, embedTexts, load, type PictureSet } from '../src/index.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'native,wasm' },
    batches: { type: 'string', default: '10000' },
    figure: { type: 'string' },
    json: { type: 'boolean', default: false },
    one: { type: 'boolean', default: false },
  },
});
const BATCHES = Number(values.batches);
const EVERY = BATCHES / 100;
const BATCH = 1;
const FILES = 64;

/** After so many batches. */
interface Sample {
  batches: number;
  tensors: number;
  rssMB: number;
}

if (values.one) console.log(JSON.stringify(await measure(values.backend)));
else report(values.backend.split(',').map((backend) => ({ backend, samples: inProcess(backend) })));

function inProcess(backend: string): Sample[] {
  const own = ['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url)];
  const args = [...own, '--one', '--backend', backend, '--batches', values.batches];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${backend} ended with status ${status}`);
  return JSON.parse(stdout);
}

async function measure(backend: string): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-memory-'));
  const shapes = shapesTest();
  const paths = Array.from({ length: FILES }, (_, i) => {
    const { data, width, height } = shapes.image(i);
    const path = join(folder, `${i}.png`);
    writeFileSync(path, encodePng(data as Uint8Array, width, height));
    return path;
  });
  const count = BATCH * BATCHES;
  const set: PictureSet = {
    name: 'shapes, again and again',
    count,
    fingerprint: '',
    source: (index) => ({ path: paths[index % FILES]! }),
  };
  const captions = Array.from({ length: count }, (_, i) => `a photo of a ${shapes.fineNames[i % 100]}`);
  const loaded = await load('mini', { backend, threads: 1, onNote: () => {} });
  const samples: Sample[] = [];
  const sampleFrom = (before: number) => (done: number) => {
    const batches = before + done / BATCH;
    if (batches % EVERY > 0) return;
    samples.push({ batches, tensors: tf.memory().numTensors, rssMB: process.memoryUsage.rss() / 1e6 });
  };
  try {
    await embedPictures(loaded, set, { batch: BATCH, onProgress: sampleFrom(0) });
    await embedTexts(loaded, captions, { batch: BATCH, onProgress: sampleFrom(BATCHES) });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return samples;
}

function report(runs: { backend: string; samples: Sample[] }[]): void {
  if (values.figure !== undefined) writeFileSync(values.figure, draw(runs));
  if (values.json) {
    console.log(JSON.stringify({ model: 'mini', batch: BATCH, runs }));
    return;
  }
  for (const { backend, samples } of runs) {
    for (const [what, part] of [
      ['pictures', samples.slice(0, 100)],
      ['texts', samples.slice(100)],
    ] as const) {
      const [first, last] = [part[9]!, part.at(-1)!]; // after a tenth, and at the end
      const rss = `${first.rssMB.toFixed(0)} → ${last.rssMB.toFixed(0)} MB`;
      console.log(`${backend}, ${what}: ${first.tensors} → ${last.tensors} tensors, ${rss}`);
    }
  }
}

function draw(runs: readonly { backend: string; samples: Sample[] }[]): Uint8Array {
  const colours = ['#2f6fb5', '#d9822b', '#3a9a5c'];
  const curves = (of: (sample: Sample) => number) =>
    runs.map(({ backend, samples }, i) => ({
      name: backend,
      colour: colours[i % colours.length]!,
      points: samples.map((sample) => [sample.batches, of(sample)] as const),
    }));
  const panel = (title: string, of: (sample: Sample) => number) => ({
    title,
    curves: curves(of),
    label: (y: number) => y.toFixed(0),
  });
  const panels = [
    panel('Tensors', ({ tensors }) => tensors),
    panel('Resident memory, MB', ({ rssMB }) => rssMB),
  ];
  return curvesFigure(panels, `batches: ${BATCHES} of pictures, then as many of texts`);
}
