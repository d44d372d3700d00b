// What is read of drivers, GPUs, TensorFlow's notes and the loader's errors; and what auto does with an engine that breaks.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { whyNotLoaded } from '../../src/backend/binding.node.ts';
import {
  canBeLoaded,
  driverProblem,
  driverVersionIn,
  gpusIn,
  isOlder,
} from '../../src/backend/cuda/driver.node.ts';
import { reasonIn } from '../../src/backend/cuda/no-gpu.node.ts';
import { applyCudaSettings } from '../../src/backend/cuda/settings.ts';
import { BrokenEngine, type Engine, startFirst } from '../../src/backend/engine.ts';
import { recipeFor } from '../../src/backend/setup/recipe.ts';

test.each([
  ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024', '550.54.15'],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build', '570.86.10'],
  ['something else', undefined],
])('of %j the driver is %s', (text, version) => {
  expect(driverVersionIn(text)).toBe(version);
});

test.each([
  ['525.60.13', false],
  ['525.60.11', true],
  ['470.256.02', true],
  ['535.54', false],
  ['1000.1', false],
])('a driver %s is older than CUDA 12 needs: %s', (version, older) => {
  expect(isOlder(version)).toBe(older);
});

test('nvidia-smi’s lines are GPUs, and its complaints are none', () => {
  expect(gpusIn('NVIDIA A10, 23028, 550.54.15, 8.6\nTesla T4, 15360, 550.54.15, 7.5\n')).toEqual([
    { name: 'NVIDIA A10', memory: 23028 * 2 ** 20, driver: '550.54.15', capability: '8.6' },
    { name: 'Tesla T4', memory: 15360 * 2 ** 20, driver: '550.54.15', capability: '7.5' },
  ]);
  expect(gpusIn('NVIDIA-SMI has failed because it could not communicate with the driver.')).toEqual([]);
});

test('a library is there when the system’s loader finds it', () => {
  expect(canBeLoaded('libnothing-of-that-name.so.7')).toBe(false);
  if (process.platform === 'linux' && process.report) expect(canBeLoaded('libc.so.6')).toBe(true);
});

test('where there is no driver, its files are named', () => {
  const problem = driverProblem({});
  if (problem === undefined) console.log('skipped: this machine has an NVIDIA driver');
  else if (process.platform === 'linux')
    expect(problem).toMatch(/lib(cuda|nvidia-ml)\.so\.1.* missing|too old/);
});

test.each([
  [
    'E0000 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
    'the driver does not start (Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected)',
  ],
  [
    "W dso_loader.cc:64] Could not load dynamic library 'libcudnn.so.9'; dlerror: libcudnn.so.9: cannot open\nW gpu_device.cc:1960] Cannot dlopen some GPU libraries.",
    'libcudnn.so.9 cannot be loaded',
  ],
  [
    'W gpu_device.cc:2365] Cannot dlopen some GPU libraries. Please',
    'one of CUDA’s libraries cannot be loaded',
  ],
  [
    'Ignoring visible gpu device (device: 0, name: X) with Cuda compute capability 5.2. The minimum required Cuda capability is 6.0.',
    'its compute capability is 5.2, and at least 6.0 is needed',
  ],
  ['I0000 all is well', undefined],
])('of %j the reason is %j', (said, reason) => {
  expect(reasonIn(said)).toBe(reason);
});

test.each([
  ['libcudnn.so.9: cannot open shared object file: No such file or directory', 'libcudnn.so.9 is missing'],
  [
    '/x/tfjs_binding.node: invalid ELF header',
    'its binding is damaged, or was built for another kind of machine',
  ],
  [
    '/x/tfjs_binding.node: file too short',
    'its binding is damaged, or was built for another kind of machine',
  ],
  [
    '/x/tfjs_binding.node: undefined symbol: TFE_NewContext',
    'its binding and its libraries do not fit: no TFE_NewContext',
  ],
  [
    'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x. \nPlease run',
    'its binding is missing from the cache',
  ],
  ["/lib/libm.so.6: version `GLIBC_2.38' not found\nmore", "/lib/libm.so.6: version `GLIBC_2.38' not found"],
])('the loader’s %j is %j', (message, reason) => {
  expect(whyNotLoaded(message)).toBe(reason);
});

test('what the user has set stays', () => {
  const env: Record<string, string> = { NVIDIA_TF32_OVERRIDE: '1' };
  applyCudaSettings(env);
  expect(env).toEqual({ NVIDIA_TF32_OVERRIDE: '1', TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
});

test('NVIDIA’s libraries: each once, of wheels with a hash of their own', () => {
  const { cuda } = recipeFor('cuda', 'x64')!;
  const names = cuda.flatMap(({ libraries }) => libraries);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(cuda.map(({ sha256 }) => sha256)).size).toBe(cuda.length);
  for (const { sha256, bytes, kept } of cuda) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Math.min(bytes, kept)).toBeGreaterThan(1e5);
  }
  // What TensorFlow 2.21 opens before it registers a GPU, as LD_DEBUG=libs shows.
  const opened = [
    'cudart.so.12',
    'cublas.so.12',
    'cublasLt.so.12',
    'cufft.so.11',
    'cusolver.so.11',
    'cusparse.so.12',
  ];
  expect(names).toEqual(expect.arrayContaining([...opened, 'cudnn.so.9'].map((name) => `lib${name}`)));
});

describe('auto, past an engine that is set up and breaks', () => {
  const engine = (name: Engine['name'], error?: Error): Engine => ({
    name,
    hint: `get ${name}`,
    start: async () => {
      if (error) throw error;
    },
  });
  const broken = engine('cuda', new BrokenEngine('libcuda.so.1 is missing'));
  afterEach(() => vi.restoreAllMocks());

  test('says so, and what it goes on with', async () => {
    const notes: string[] = [];
    const engines = [broken, engine('native', new Error('it is not set up')), engine('wasm')];
    expect(await startFirst(engines, 'auto', { onNote: (note) => notes.push(note) })).toBe('wasm');
    expect(notes).toEqual(['cuda is set up, but libcuda.so.1 is missing (get cuda); going on with wasm']);
  });

  test('nobody who listens: on stderr all the same', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await startFirst([broken, engine('cpu')], 'auto');
    expect(warn).toHaveBeenCalledOnce();
  });

  test('asked for by name it fails, and nothing else runs', async () => {
    await expect(startFirst([broken, engine('cpu')], 'cuda')).rejects.toThrow(
      /^the engine cuda is not here: libcuda\.so\.1 is missing \(get cuda/,
    );
  });
});
