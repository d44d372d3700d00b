// doctor, with engines that crash, hang and half work: each is a line of the report.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Diagnosis, diagnose } from '../../src/doctor/doctor.node.ts';

// What an engine's process sends and how it ends, by the engine's name.
const PROCESS = `
const send = (facts) => new Promise((resolve) => process.send(facts, resolve));
const engines = {
  async cuda() {
    process.stderr.write('I0000 a note\\nterminate called\\nE0000 error: a driver of another world\\n');
    process.kill(process.pid, 'SIGABRT');
    await new Promise(() => setInterval(() => {}, 1000));
  },
  async native() {
    await send({ available: true, byAuto: true, version: 'TensorFlow 9' });
    await new Promise(() => setInterval(() => {}, 1000));
  },
  async webgpu() {
    await send({ available: true, byAuto: false, notByAuto: 'only a program' });
    await send({ gflops: Infinity, parity: { verdict: 'pass', first: null, values: 1, worst: 0.5 } });
  },
  async wasm() {
    await send({ available: true, byAuto: true, gflops: 3 });
    await send({ parity: { verdict: 'fail', first: 'tap.visual.conv1', values: 2, worst: 7 } });
  },
  async cpu() {
    process.exit(3);
  },
};
await engines[process.argv[2]]();
process.exit();
`;

let folder: string;
let diagnosis: Diagnosis;
const asked: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-doctor-'));
  const script = join(folder, 'process.mjs');
  writeFileSync(script, PROCESS);
  const onEngine = (name: string, done: number, total: number) => asked.push(`${name} ${done}/${total}`);
  diagnosis = await diagnose({ script: pathToFileURL(script), timeout: 4000, onEngine });
});
afterAll(() => rmSync(folder, { recursive: true }));

const engine = (name: string) => diagnosis.engines.find((one) => one.name === name);

test('every engine is asked, in the order of auto', () => {
  expect(asked).toEqual(['cuda 0/5', 'native 1/5', 'webgpu 2/5', 'wasm 3/5', 'cpu 4/5']);
  expect(diagnosis.engines.map(({ name }) => name)).toEqual(['cuda', 'native', 'webgpu', 'wasm', 'cpu']);
});

test('one that crashes: how, its own last words, and how to get it', () => {
  expect(engine('cuda')).toEqual({
    name: 'cuda',
    available: false,
    reason: 'it ended its process with SIGABRT: E0000 error: a driver of another world',
    hint: 'clip-tfjs setup cuda',
  });
  expect(engine('cpu')?.reason).toBe('it ended its process with status 3');
});

test('one that hangs is ended, and what it had said is kept', () => {
  expect(engine('native')).toMatchObject({
    available: false,
    reason: 'no answer within 4 s',
    version: 'TensorFlow 9',
  });
});

test('auto takes the first that works and that nobody must ask for; why is said', () => {
  expect(diagnosis.auto).toBe('wasm');
  expect(diagnosis.why).toBe(
    'cuda: it ended its process with SIGABRT: E0000 error: a driver of another world; ' +
      'native: no answer within 4 s; webgpu: only a program',
  );
  expect(engine('webgpu')).toMatchObject({ available: true, gflops: Number.POSITIVE_INFINITY });
  expect(engine('wasm')).toMatchObject({ available: true, parity: { verdict: 'fail', worst: 7 } });
});

test('the machine is told of', () => {
  const { node, processors, memory, threads, cuda, version } = diagnosis;
  expect(node).toBe(process.versions.node);
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(processors).toBeGreaterThan(0);
  expect(memory.total).toBeGreaterThan(memory.free);
  expect(threads.count).toBeGreaterThan(0);
  const names = cuda.libraries.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['libcuda.so.1', 'libcudart.so.12', 'libcudnn.so.9']));
  expect(new Set(names).size).toBe(names.length);
});
