// A training that is killed, at any moment, and resumed: the result is that of the undisturbed one, bit for bit. Three
// kills here; KILLS=20 (npm run test:long) for more.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { writeSketches } from '../../scripts/make-sketches.ts';
import { commandLine, ROOT } from './run.ts';

const { folder } = commandLine();
const KILLS = Number(process.env.KILLS ?? 3);
const EVERY = 4;
vi.setConfig({ testTimeout: 240_000 }); // a training and more in each

beforeAll(() => {
  writeSketches(join(folder, 'five'), 'train', 16);
  writeSketches(join(folder, 'five'), 'test', 2);
});

function argumentsOf(out: string, ...args: string[]): string[] {
  const common = [
    '--data',
    'five/train',
    '--eval-data',
    'five/test',
    '--zeroshot',
    'five/test',
    '--backend',
    'wasm',
  ];
  const training = [
    '--method',
    'full',
    '--steps',
    '24',
    '--batch',
    '16',
    '--flip',
    '0.5',
    '--save-every',
    String(EVERY),
  ];
  return [join(ROOT, 'dist/cli/main.js'), 'finetune', ...common, ...training, '--out', out, ...args];
}

function start(out: string, ...args: string[]): ChildProcess & { said: () => string } {
  const child = spawn(process.execPath, argumentsOf(out, ...args), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  return Object.assign(child, { said: () => stderr });
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('close', resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const fileOf = (out: string, name: string): string => join(folder, out, name);
const losses = (out: string): number[] =>
  readFileSync(fileOf(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).loss);

let tookMs = 0;
beforeAll(async () => {
  const began = performance.now();
  const child = start('whole');
  expect(await ended(child), child.said()).toBe(0);
  tookMs = performance.now() - began;
});

test(`killed ${KILLS} times at moments of chance, and resumed`, {
  timeout: 240_000 + 30_000 * KILLS,
}, async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
  console.log(`SEED=${seed}`); // to see the same again
  let state = seed;
  const chance = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let [kills, through] = [0, 0];
  while (kills < KILLS) {
    const before = existsSync(fileOf('killed', 'checkpoint.safetensors')) ? stepOf('killed') : 0;
    const child = startOrResume('killed');
    await Promise.race([pause(chance() * tookMs), ended(child)]);
    child.kill('SIGKILL');
    const code = await ended(child);
    if (code === null) kills += 1;
    else expect(code, child.said()).toBe(0); // it was through before its moment came; it never ends in an error
    // No more is lost than the steps since the last checkpoint.
    expect(stepOf('killed', 0)).toBeGreaterThanOrEqual(before);
    const seen = existsSync(fileOf('killed', 'metrics.jsonl'))
      ? readFileSync(fileOf('killed', 'metrics.jsonl'), 'utf8').split('\n').length - 1
      : 0;
    if (seen > EVERY) expect(stepOf('killed')).toBeGreaterThanOrEqual(seen - EVERY);
    if (!isThrough('killed')) continue;
    through += 1;
    expectWhole('killed');
    rmSync(join(folder, 'killed'), { recursive: true }); // and begins anew
  }
  if (existsSync(join(folder, 'killed'))) {
    const child = startOrResume('killed');
    expect(await ended(child), child.said()).toBe(0);
    expectWhole('killed');
  }
  console.log(`${kills} kills, ${through} trainings through among them`);
});

const isThrough = (out: string): boolean =>
  existsSync(fileOf(out, 'model.safetensors')) && !existsSync(fileOf(out, 'checkpoint.safetensors'));

function startOrResume(out: string): ReturnType<typeof start> {
  return start(out, ...(existsSync(fileOf(out, 'checkpoint.safetensors')) ? ['--resume'] : []));
}

/** Every loss and every weight is that of the undisturbed training. */
function expectWhole(out: string): void {
  expect(losses(out)).toEqual(losses('whole'));
  const [a, b] = ['whole', out].map((one) => readFileSync(fileOf(one, 'model.safetensors')));
  expect(a!.equals(b!)).toBe(true);
}

/** The step a checkpoint stands at, from its metadata; where there is none, the training's end or, not begun, `none`. */
function stepOf(out: string, none = 24): number {
  if (!existsSync(fileOf(out, 'checkpoint.safetensors'))) return isThrough(out) ? 24 : none;
  const bytes = readFileSync(fileOf(out, 'checkpoint.safetensors'));
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString();
  return Number(JSON.parse(header).__metadata__.step);
}

/** Ctrl-C as soon as a step is told. */
async function stopAfterAStep(child: ChildProcess, out: string): Promise<void> {
  const metrics = fileOf(out, 'metrics.jsonl');
  while (!existsSync(metrics) || readFileSync(metrics).length === 0) {
    expect(child.exitCode).toBe(null);
    await pause(20);
  }
  child.kill('SIGINT');
  expect(await ended(child)).toBe(130);
}

test('Ctrl-C finishes the step, saves, says how to go on, and ends with 130', async () => {
  const child = start('stopped');
  await stopAfterAStep(child, 'stopped');
  expect(child.said()).toMatch(
    /stopped after step \d+ of 24 \(saved in stopped: the same command with --resume goes on\)/,
  );
  const resumed = start('stopped', '--resume');
  expect(await ended(resumed), resumed.said()).toBe(0);
  expect(losses('stopped')).toEqual(losses('whole'));
});

test.skipIf(process.platform === 'win32')(
  'a full disk stops it in one line, and the old checkpoint stays whole',
  async () => {
    const child = start('full-disk');
    await stopAfterAStep(child, 'full-disk');
    const before = readFileSync(fileOf('full-disk', 'checkpoint.safetensors'));
    // A limit on the size of files stands in for the disk: 1,000 blocks, a sixteenth of what a checkpoint needs.
    const command = [
      'ulimit -f 1000; exec "$0" "$@"',
      process.execPath,
      ...argumentsOf('full-disk', '--resume'),
    ];
    const { status, stderr } = spawnSync('bash', ['-c', ...command], { cwd: folder, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^clip-tfjs: full-disk\/checkpoint.safetensors cannot be written: .*is there room on the disk\?\)$/m,
    );
    expect(readFileSync(fileOf('full-disk', 'checkpoint.safetensors')).equals(before)).toBe(true);
    expect(readdirSync(join(folder, 'full-disk')).sort()).toEqual([
      'checkpoint.safetensors',
      'metrics.jsonl',
    ]);
  },
);
