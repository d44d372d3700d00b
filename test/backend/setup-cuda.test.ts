// setup cuda on a made-up machine: what it fetches and what it takes from the machine, with and without a GPU.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Begun, type Setup, type SetupOptions, setUp } from '../../src/backend/setup/setup.node.ts';
import { lacking, type Machine, makeMachine } from './stand-ins.ts';

if (lacking) console.log(`skipped: setup cuda on a made-up machine; ${lacking}`);

const RUNTIME = 'python3 pip download nvidia-cuda_runtime';
const CUDNN = 'python3 pip download nvidia-cudnn';

describe.skipIf(lacking)('setup cuda', () => {
  let machine: Machine;
  let home: string;
  beforeEach(() => {
    machine = makeMachine('cuda');
    home = dirname(machine.where.root);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** Sets up; the driver has nothing against it. */
  function setUpCuda(more: SetupOptions = {}): Promise<Setup> {
    const { recipe, where, env } = machine;
    return setUp('cuda', { recipe, where, env, driver: () => undefined, ...more });
  }
  const pipCalls = () => machine.calls().filter((call) => call.startsWith('python3'));
  const linked = () => readFileSync(join(home, 'linked'), 'utf8').split('\n');
  const nvidia = (path: string) => join(machine.where.cache, 'small/nvidia', path);

  /** The machine's own libraries: the links and files that NVIDIA's packages have. */
  function installOwn(folder: string, name: string, version: string): string {
    const path = join(home, folder);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `${name}.${version}`), '');
    symlinkSync(`${name}.${version}`, join(path, `${name}.${version.split('.')[0]}`));
    const { LD_LIBRARY_PATH = '' } = machine.env;
    machine.env.LD_LIBRARY_PATH = `${LD_LIBRARY_PATH}:${path}`;
    return path;
  }

  test('without a GPU it says so before it fetches anything', async () => {
    const driver = () => 'no NVIDIA driver: libcuda.so.1 missing';
    await expect(setUpCuda({ driver })).rejects.toThrow(
      /^the engine cuda would find no GPU here: no NVIDIA driver: libcuda\.so\.1 missing \(.*--force/,
    );
    expect(machine.calls()).toEqual([]);
    expect(machine.left()).toEqual([]);
  });

  test('forced, it fetches NVIDIA’s libraries, and the binding names each by its file', async () => {
    const driver = () => 'no NVIDIA driver';
    const { gpu, system, steps } = await setUpCuda({ force: true, driver });
    expect([gpu, system]).toEqual([false, []]);
    expect(pipCalls()).toEqual(['python3 pip download tensorflow-cpu', RUNTIME, CUDNN]);
    expect(linked()).toEqual([nvidia('cuda_runtime/lib/libcudart.so.12'), nvidia('cudnn/lib/libcudnn.so.9')]);
    expect(readdirSync(nvidia('cudnn/lib'))).toEqual(['libcudnn.so.9']); // what is not needed stays out
    expect(statSync(nvidia('cudnn/bin/tool')).isFile()).toBe(true);
    expect(steps.filter(({ name }) => name === 'cuda').map(({ wheel }) => wheel)).toEqual([
      'nvidia-cuda_runtime',
      'nvidia-cudnn',
    ]);
    expect(JSON.parse(readFileSync(join(machine.where.installed, 'package.json'), 'utf8'))).toMatchObject({
      name: '@tensorflow/tfjs-node-gpu',
    });
  });

  test('with a GPU it is checked there; a second time nothing is called', async () => {
    machine.env.STAND_IN_GPU = 'yes';
    expect((await setUpCuda()).gpu).toBe(true);
    const calls = machine.calls();
    expect((await setUpCuda()).gpu).toBe(true);
    expect(machine.calls()).toEqual(calls);
  });

  test('a GPU that TensorFlow does not see: it says so, and auto will not find it', async () => {
    await expect(setUpCuda()).rejects.toThrow(/^TensorFlow sees no GPU: nvidia-smi names none/);
    expect(existsSync(machine.where.installed)).toBe(false);
    expect(machine.left()).toEqual(['binding', 'libraries', 'nvidia', 'packages']); // for the next time
  });

  test('what the machine has is not fetched, and is linked where it lies', async () => {
    machine.env.STAND_IN_GPU = 'yes';
    const toolkit = installOwn('cuda-12.6/lib64', 'libcudart.so', '12.6.77');
    const { system } = await setUpCuda();
    expect(system).toMatchObject([{ set: 'CUDA', version: '12.6.77', folder: toolkit }]);
    expect(pipCalls()).toEqual(['python3 pip download tensorflow-cpu', CUDNN]);
    expect(linked().sort()).toEqual(
      [nvidia('cudnn/lib/libcudnn.so.9'), join(toolkit, 'libcudart.so.12')].sort(),
    );

    installOwn('cudnn/lib', 'libcudnn.so', '9.5.1');
    const again = await setUpCuda();
    expect(again.system.map(({ set, version }) => `${set} ${version}`)).toEqual([
      'CUDA 12.6.77',
      'cuDNN 9.5.1',
    ]);
    expect(again.steps.find(({ name }) => name === 'binding')?.state).toBe('done'); // linked anew
  });

  test.each([
    ['libcudart.so', '12.4.127', RUNTIME],
    ['libcudnn.so', '9.1.0', CUDNN],
  ])('%s %s is too old, and passed over', async (name, version, fetched) => {
    machine.env.STAND_IN_GPU = 'yes';
    installOwn('old', name, version);
    expect((await setUpCuda()).system).toEqual([]);
    expect(pipCalls()).toContain(fetched);
  });

  test('one wheel that fails: those before it are kept', async () => {
    machine.env.STAND_IN_GPU = 'yes';
    machine.tell('python3', 'well', 'well', 'offline');
    await expect(setUpCuda()).rejects.toThrow(/nvidia-cudnn 9\.9\.9 could not be fetched by pip/);
    expect(readdirSync(nvidia('.'))).toEqual(['cuda_runtime']);
    mkdirSync(nvidia('.cudnn-999999999-dead')); // as a process that was killed leaves it
    const begun: Begun[] = [];
    await setUpCuda({ onBegin: (one) => begun.push(one) });
    expect(begun.find(({ name }) => name === 'cuda')).toMatchObject({
      again: true,
      wheel: { name: 'nvidia-cudnn' },
    });
    expect(readdirSync(nvidia('.'))).toEqual(['cuda_runtime', 'cudnn']);
    expect(pipCalls().filter((call) => call === RUNTIME)).toHaveLength(1);
  });

  test('bytes are counted over all wheels that are missing', async () => {
    machine.env.STAND_IN_GPU = 'yes';
    machine.tell('python3', 'well', 'a little slow');
    const told: [done: number, total: number][] = [];
    await setUpCuda({ onBytes: (...bytes) => told.push(bytes) });
    const { wheel, cuda } = machine.recipe;
    const total = wheel.bytes + cuda[0]!.bytes + cuda[1]!.bytes;
    expect(told.length).toBeGreaterThan(0);
    for (const [done, of] of told) {
      expect(of).toBe(total);
      expect(done).toBeGreaterThanOrEqual(wheel.bytes);
      expect(done).toBeLessThanOrEqual(total);
    }
  });
});
