// Every function of src/model/ops.ts that an engine may have a kernel for, at ViT-B/32's sizes: the plain composition
// beside the kernel, on one engine, in turn, and whether both give the same. Forward, and forward with the gradients of
// every input. At the end AdamW, over one block's parameters.
//   npx tsx bench/kernels.ts [--backend native] [--batch 8] [--rounds 9] [--json]
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients of the compositions
import { startEngine } from '../src/backend/engines.node.ts';
import { fastAdamW } from '../src/backend/kernels/adamw.ts';
import { median } from '../src/bench/statistics.ts';
import { Parameter } from '../src/model/module.ts';
import * as ops from '../src/model/ops.ts';
import { AdamW, CLIP_ADAMW } from '../src/train/adamw.ts';

const { values: flags } = parseArgs({
  options: {
    backend: { type: 'string', default: 'native' },
    batch: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
  },
});
const batch = Number(flags.batch);
const [tokens, width, hidden, heads, texts] = [50, 768, 3072, 12, 77];

interface Work {
  name: string;
  shapes: number[][];
  compute: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const LINEAR = ops.linear as Work['compute'];
const x = [batch, tokens, width];
const head = [batch, heads, tokens, width / heads];
const WORKS: Work[] = [
  { name: 'linear 768 → 2304', shapes: [x, [width, 3 * width], [3 * width]], compute: LINEAR },
  { name: 'linear 768 → 768', shapes: [x, [width, width], [width]], compute: LINEAR },
  { name: 'linear 768 → 3072', shapes: [x, [width, hidden], [hidden]], compute: LINEAR },
  { name: 'linear 3072 → 768', shapes: [[batch, tokens, hidden], [hidden, width], [width]], compute: LINEAR },
  {
    name: 'layerNorm',
    shapes: [x, [width], [width]],
    compute: (value, gain, bias) => ops.layerNorm(value!, gain!, bias!, 1e-5),
  },
  { name: 'quickGelu', shapes: [[batch, tokens, hidden]], compute: ops.quickGelu as Work['compute'] },
  { name: 'gelu', shapes: [[batch, tokens, hidden]], compute: ops.gelu as Work['compute'] },
  { name: 'splitHeads', shapes: [x], compute: (value) => ops.splitHeads(value!, heads) },
  { name: 'joinHeads', shapes: [head], compute: ops.joinHeads as Work['compute'] },
  { name: 'attentionScores', shapes: [head, head], compute: ops.attentionScores as Work['compute'] },
  {
    name: 'maskedSoftmax',
    shapes: [[batch, heads, tokens, tokens]],
    compute: (scores) => ops.maskedSoftmax(scores!),
  },
  {
    name: 'maskedSoftmax, causal, 77',
    shapes: [[batch, 8, texts, texts]],
    compute: (scores) => ops.maskedSoftmax(scores!, ops.causalMask(texts)),
  },
  {
    name: 'attention', // all between its two projections
    shapes: [[batch, tokens, 3 * width]],
    compute: (joint) => {
      const whole = ops.wholeAttention(joint!, heads, false);
      if (whole) return whole;
      const [q, k, v] = tf.split(ops.splitHeads(joint!, 3 * heads), 3, 1) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return ops.joinHeads(tf.matMul(ops.maskedSoftmax(ops.attentionScores(q, k)), v));
    },
  },
  { name: 'plus', shapes: [x, x], compute: ops.plus as Work['compute'] },
];

/** Numbers between −1 and 1, other ones for each `seed`. */
function numbers(shape: number[], seed: number): tf.Tensor {
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, i) => (((i + 7) * (seed + 1009)) % 1999) / 1000 - 1,
  );
  return tf.tensor(values, shape);
}

/** The kernels that our functions ask for. */
const KERNELS = [...Object.keys(ops), 'attention'];

/** What `run` gives with the engine's own kernels of our functions, and its AdamW, out of the way. */
async function plainly<T>(run: () => Promise<T>): Promise<T> {
  const engine = tf.getBackend();
  const kernels = KERNELS.flatMap((name) => tf.getKernel(name, engine) ?? []);
  const adamW = fastAdamW.get(engine);
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, engine);
  fastAdamW.delete(engine);
  try {
    return await run();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
    if (adamW) fastAdamW.set(engine, adamW);
  }
}

/** The time until the answers can be read, ms, and the answers. */
async function time(
  compute: () => tf.Tensor[],
  repeat: number,
): Promise<{ ms: number; answers: tf.Tensor[] }> {
  let answers: tf.Tensor[] = [];
  const start = performance.now();
  for (let i = 0; i < repeat; i++) {
    tf.dispose(answers);
    answers = tf.tidy(compute);
  }
  // One number of each is enough to wait for, on an engine that computes while we go on.
  await Promise.all(answers.map((answer) => tf.tidy(() => tf.slice(tf.reshape(answer, [-1]), 0, 1)).data()));
  return { ms: (performance.now() - start) / repeat, answers };
}

/** The largest difference, over the largest number. */
async function difference(found: tf.Tensor[], expected: tf.Tensor[]): Promise<number> {
  let worst = 0;
  for (const [i, tensor] of expected.entries()) {
    const [is, should] = [await found[i]!.data(), await tensor.data()];
    let [most, largest] = [0, 0];
    for (let j = 0; j < should.length; j++) {
      most = Math.max(most, Math.abs(is[j]! - should[j]!));
      largest = Math.max(largest, Math.abs(should[j]!));
    }
    worst = Math.max(worst, most / (largest || 1));
  }
  return worst;
}

interface Row {
  work: string;
  plain: number;
  kernel: number;
  /** The kernel's answers from the plain ones, as a part of their largest number. */
  difference: number;
}

async function compare(work: string, compute: () => tf.Tensor[]): Promise<Row> {
  const first = await plainly(() => time(compute, 1));
  const second = await time(compute, 1);
  const row = { work, difference: await difference(second.answers, first.answers) };
  tf.dispose([first.answers, second.answers]);
  const repeat = Math.max(1, Math.min(20, Math.round(20 / second.ms)));
  const [plain, kernel]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [times, way] of [
      [plain, plainly],
      [kernel, (run: () => ReturnType<typeof time>) => run()],
    ] as const) {
      const { ms, answers } = await way(() => time(compute, repeat));
      times.push(ms);
      tf.dispose(answers);
    }
  }
  return { ...row, plain: median(plain), kernel: median(kernel) };
}

/** Steps over a block's four matrices and their biases. */
async function adamW(): Promise<Row> {
  const sizes = [
    [3 * width, width],
    [width, width],
    [hidden, width],
    [width, hidden],
  ];
  const shapes = sizes.flatMap(([rows, columns]) => [[rows!, columns!], [rows!]]);
  const gradients = new Map(shapes.map((shape, i) => [`${i}`, numbers(shape, i + 50)]));
  const prepare = () => {
    const parameters = new Map(shapes.map((shape, i) => [`${i}`, new Parameter(shape)]));
    for (const [name, parameter] of parameters) parameter.assign(numbers([...parameter.shape], Number(name)));
    return { parameters, optimizer: new AdamW(parameters, CLIP_ADAMW) };
  };
  const { optimizer } = prepare();
  const row = await compare('AdamW, 7 million numbers', () => {
    optimizer.step(gradients, 1e-3);
    return [];
  });
  const [plain, kernel] = [prepare(), prepare()];
  await plainly(async () => plain.optimizer.step(gradients, 1e-3));
  kernel.optimizer.step(gradients, 1e-3);
  const values = [kernel, plain].map(({ parameters }) => [...parameters.values()].map(({ value }) => value));
  return { ...row, difference: await difference(values[0]!, values[1]!) };
}

await startEngine(flags.backend);
const rows: Row[] = [];
for (const { name, shapes, compute } of WORKS) {
  const inputs = shapes.map(numbers);
  rows.push(await compare(name, () => [compute(...inputs)]));
  const dy = tf.tidy(() => numbers(compute(...inputs).shape, 99));
  const gradients = tf.grads((...given: tf.Tensor[]) => compute(...given));
  rows.push(await compare(`${name}, gradients`, () => gradients(inputs, dy)));
  tf.dispose([inputs, dy]);
}
rows.push(await adamW());

if (flags.json) console.log(JSON.stringify({ backend: flags.backend, batch, rows }));
else {
  console.log(`| ${flags.backend}, batch ${batch} | plain, ms | kernel, ms | kernel / plain | difference |`);
  console.log('| --- | --- | --- | --- | --- |');
  for (const { work, plain, kernel, difference: apart } of rows) {
    const numbersOf = [
      plain.toFixed(2),
      kernel.toFixed(2),
      (kernel / plain).toFixed(2),
      apart.toExponential(1),
    ];
    console.log(`| ${work} | ${numbersOf.join(' | ')} |`);
  }
}
