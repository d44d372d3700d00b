import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../src/backend/engines.node.ts';
import { parityOf } from '../src/parity/parity.ts';
import { ownModel } from '../src/parity/own-model.ts';
import { openFixture } from '../test/support.ts';
import { decodePicture } from '../src/data/pictures/decode.node.ts';
await startEngine('webgpu');
const b = tf.backend() as any;
let n = 0, compile = 0;
const run = b.recordAndSubmit.bind(b); b.recordAndSubmit = (...a: any[]) => { n++; return run(...a); };
const create = b.device.createComputePipeline.bind(b.device); b.device.createComputePipeline = (d: any) => { const t = performance.now(); const p = create(d); compile += performance.now() - t; return p; };
const name = process.argv[2]!;
const rec = await openFixture('parity', `${name}.safetensors`);
const subject = await ownModel(rec, 'x');
for (const part of (process.argv[3] ?? 'tap,tap,grad,grad,train').split(',')) {
  const t = performance.now(); n = 0; compile = 0;
  const before = Object.keys(b.pipelineCache).length;
  const r = await parityOf(subject, rec, { parts: [part as any], decodePicture });
  console.log(part, r.verdict, r.first, r.rows.length, Math.round(performance.now() - t), 'ms', n, 'dispatches', Object.keys(b.pipelineCache).length - before, 'pipelines', Math.round(compile), 'ms compile');
  for (const row of r.rows.filter(r=>!r.ok).slice(0,5)) console.log(row.name, row.error, row.bar);
}
