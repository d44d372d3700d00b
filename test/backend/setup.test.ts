// setup native on a made-up machine: what it does, what it leaves alone, and what is left where it fails.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkMachine, type Machine as Kind } from '../../src/backend/setup/before.node.ts';
import type { SetUpEngine } from '../../src/backend/setup/recipe.ts';
import { removeEngine, type SetupOptions, setUp as setUpEngine } from '../../src/backend/setup/setup.node.ts';
import { lacking, type Machine, makeMachine } from './stand-ins.ts';

if (lacking) console.log(`skipped: setup native on a made-up machine; ${lacking}`);

const FETCHES = ['@tensorflow/tfjs-node', 'node-api-headers', 'beside'].map((name) => `npm pack ${name}`);
const ALL_CALLS = [...FETCHES, 'python3 pip download tensorflow-cpu', 'g++ compile'];
const ALL_FOLDERS = ['binding', 'libraries', 'packages', 'tfjs-node'];

describe.skipIf(lacking)('setup native', () => {
  let machine: Machine;
  beforeEach(() => {
    machine = makeMachine();
  });
  afterEach(() => rmSync(dirname(machine.where.root), { recursive: true }));

  /** Sets up, and gives the state of each step. */
  async function setUp(more: SetupOptions = {}): Promise<Record<string, string>> {
    const { recipe, where, env } = machine;
    const { steps } = await setUpEngine('native', { recipe, where, env, ...more });
    return Object.fromEntries(steps.map(({ name, state }) => [name, state]));
  }
  const done = { packages: 'done', libraries: 'done', binding: 'done', link: 'done', check: 'done' };
  const there = { packages: 'already there', libraries: 'already there', binding: 'already there' };

  test('fetches, compiles, links and checks; a second time nothing is called', async () => {
    expect(await setUp()).toEqual(done);
    expect(machine.calls()).toEqual(ALL_CALLS);
    expect(machine.left()).toEqual(ALL_FOLDERS);
    expect(await setUp()).toEqual({ ...there, link: 'already there', check: 'done' });
    expect(machine.calls()).toEqual(ALL_CALLS);
  });

  test('takes only what is needed', async () => {
    await setUp();
    const { where } = machine;
    expect(readdirSync(join(where.cache, 'small/libraries/include'))).toEqual(['absl']);
    expect(readdirSync(join(where.installed, 'dist'))).toEqual(['index.js']);
  });

  test('where npm has removed the package, it is linked again with no network and no compiler', async () => {
    await setUp();
    rmSync(machine.where.installed, { recursive: true });
    for (const program of ['npm', 'python3', 'g++', 'tar']) machine.lose(program);
    expect(await setUp()).toEqual({ ...there, link: 'done', check: 'done' });
  });

  test('a file damaged in the cache is made again, and only its step', async () => {
    await setUp();
    const library = join(machine.where.cache, 'small/libraries/libone.so.2');
    const bytes = readFileSync(library);
    bytes[99]! ^= 1;
    writeFileSync(library, bytes);
    expect(await setUp()).toEqual({ ...there, libraries: 'done', link: 'already there', check: 'done' });
    expect(machine.calls()).toEqual([...ALL_CALLS, 'python3 pip download tensorflow-cpu']);
  });

  test.each(['truncated', 'refused'])(
    'a wheel that arrives %s is fetched again, past pip’s cache',
    async (how) => {
      machine.tell('python3', how);
      expect(await setUp()).toEqual(done);
      expect(machine.calls()).toContain('python3 pip download tensorflow-cpu past the cache');
    },
  );

  test('uninstall removes what was made, and nothing else', async () => {
    const { where } = machine;
    expect(await removeEngine('native', where)).toEqual([]);
    await setUp();
    expect(await removeEngine('native', where)).toEqual([where.installed, where.cache]);
    expect(machine.left()).toEqual([]);
    expect(existsSync(join(dirname(where.installed), 'tfjs-core'))).toBe(true);
  });

  test.each<[what: string, break_: (machine: Machine) => void, message: RegExp, left: string[]]>([
    ['no Python', (m) => m.lose('python3'), /pip, which is not here.*apt install python3-pip/, []],
    [
      'Python without pip',
      (m) => writeFileSync(join(dirname(m.where.root), 'no-pip'), ''),
      /pip, which is not here.*apt install python3-pip/,
      [],
    ],
    ['no compiler', (m) => m.lose('g++'), /no C\+\+ compiler: expected g\+\+.*apt install g\+\+/, []],
    ['no npm', (m) => m.lose('npm'), /through npm, which is not here/, []],
    ['no tar', (m) => m.lose('tar'), /through tar, which is not here.*apt install tar/, []],
    [
      'no room',
      (m) => Object.assign(m.recipe.wheel, { kept: 1e17 }),
      /not enough room in .*: expected 100000000\.0 GB free .*, got .* GB .*XDG_CACHE_HOME/,
      [],
    ],
    [
      'no network for npm',
      (m) => m.tell('npm', 'offline'),
      /by npm: got npm error .*getaddrinfo ENOTFOUND/,
      [],
    ],
    ['another package than was published', (m) => m.tell('npm', 'altered'), /not what was published/, []],
    [
      'no network for pip',
      (m) => m.tell('python3', 'offline'),
      /by pip: got ERROR: No matching distribution .*connection/,
      ['packages'],
    ],
    [
      'a disk that is full in the middle',
      (m) => m.tell('python3', 'full'),
      /by pip: got ERROR: .*No space left on device \(free some room, or let XDG_CACHE_HOME/,
      ['packages'],
    ],
    [
      'a wheel that is always cut',
      (m) => m.tell('python3', 'truncated', 'truncated'),
      /arrives damaged: expected sha256 \w{64}, \d+ bytes, got \w{64}, \d+ bytes/,
      ['packages'],
    ],
    [
      'a compiler that is too old',
      (m) => m.tell('g++', 'broken', 'broken'),
      /not be compiled: got x\.cc:1:1: error: 'absl' .*g\+\+ 9/,
      ['compiler.log', 'libraries', 'packages'],
    ],
    [
      'a binding for another kind of machine',
      (m) => m.tell('g++', 'another kind'),
      /is compiled, but does not load: got .*cannot open shared object file/,
      ['libraries', 'packages'],
    ],
    [
      'a binding that is cut',
      (m) => m.tell('g++', 'cut'),
      /is compiled, but does not load: got /,
      ['libraries', 'packages'],
    ],
    [
      'a binding without what JavaScript calls',
      (m) => Object.assign(m.recipe, { entries: ['Resvg', 'executeOp'] }),
      /does not load: expected the entries Resvg, executeOp, got no executeOp/,
      ['libraries', 'packages'],
    ],
    [
      'a binding of another version',
      (m) => m.tell('g++', 'old'),
      /does not work here: expected TensorFlow 9\.9\.9, got 1\.0\.0/,
      ['binding', 'libraries', 'packages'],
    ],
    [
      'a package that someone else installed',
      (m) => mkdirSync(m.where.installed),
      /tfjs-node is there already, and not from this command.*npm uninstall/,
      ['tfjs-node'],
    ],
  ])('%s: one line, and nothing half-installed', async (_, breakIt, message, left) => {
    breakIt(machine);
    const error = await setUp().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.name).toBe('ClipError');
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
    expect(machine.left()).toEqual(left);
  });

  test('all that the compiler said is kept until it succeeds', async () => {
    machine.tell('g++', 'broken', 'broken');
    const log = join(machine.where.cache, 'small/compiler.log');
    await expect(setUp()).rejects.toThrow(`all that it said: ${log}`);
    expect(readFileSync(log, 'utf8')).toMatch(
      /^g\+\+ -O3 .*\n\nx\.cc: In function f:\n[\s\S]*x\.cc:9:9: error: more\n/,
    );
    await setUp();
    expect(existsSync(log)).toBe(false);
  });

  test('a compiler that our own operations are too new for: the binding without them', async () => {
    machine.tell('g++', 'broken');
    expect(await setUp()).toEqual(done);
    expect(machine.calls()).toEqual([...ALL_CALLS, 'g++ compile']);
  });

  test('what fails after a good step goes on from there', async () => {
    machine.tell('g++', 'broken', 'broken');
    await expect(setUp()).rejects.toThrow();
    expect(await setUp()).toEqual({ ...done, packages: 'already there', libraries: 'already there' });
  });

  test.each<[signal: NodeJS.Signals, left: string[]]>([
    ['SIGTERM', ['packages']],
    ['SIGKILL', ['packages', expect.stringMatching(/^\.libraries-\d+-/) as unknown as string]],
  ])('%s in the middle; then it goes on', async (signal, left) => {
    machine.tell('python3', 'slow');
    const { recipe, where, env } = machine;
    const program = `
      import { setUp } from ${JSON.stringify(join(import.meta.dirname, '../../src/backend/setup/setup.node.ts'))};
      await setUp('native', ${JSON.stringify({ recipe, where, env })});`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    while (!existsSync(join(dirname(where.root), 'slow'))) await sleep(20);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([null, signal]);
    expect(machine.left()).toEqual([...left].sort());
    expect(await setUp()).toEqual({ ...done, packages: 'already there' });
    expect(machine.left()).toEqual(ALL_FOLDERS);
  });

  test('the wheel’s bytes are told as they arrive', async () => {
    machine.tell('python3', 'slow');
    const told: number[] = [];
    const running = setUp({ onBytes: (done, total) => told.push(done / total) });
    running.catch(() => undefined);
    while (told.length === 0) await sleep(20);
    expect(told[0]).toBe(1);
    const { stopPrograms } = await import('../../src/backend/setup/run.node.ts');
    stopPrograms();
    await expect(running).rejects.toThrow(/SIGTERM/);
  });
});

const linux: Kind = { platform: 'linux', arch: 'x64', glibc: '2.36', features: ['sse2', 'avx'] };

test.each<[engine: SetUpEngine, Partial<Kind>, RegExp]>([
  [
    'native',
    { platform: 'darwin', arch: 'arm64', glibc: undefined },
    /got darwin on arm64 \(webgpu and wasm/,
  ],
  ['native', { platform: 'win32', glibc: undefined }, /got win32 on x64 \(in WSL2 it can/],
  ['native', { arch: 'ppc64' }, /x64 or arm64 .*got linux on ppc64/],
  ['cuda', { arch: 'arm64' }, /Linux on x64 .*got linux on arm64, glibc/],
  ['native', { glibc: undefined }, /another C library/],
  ['native', { glibc: '2.17' }, /glibc 2\.17/],
  ['native', { features: ['sse2'] }, /a processor with AVX/],
])('%s on %o: it is told that it cannot', (engine, machine, message) => {
  expect(() => checkMachine(engine, { ...linux, ...machine })).toThrow(message);
});

test.each<[engine: SetUpEngine, Partial<Kind>, wheel: string, platform: string]>([
  ['native', {}, 'tensorflow-cpu', 'manylinux_2_27_x86_64'],
  ['native', { glibc: '2.27' }, 'tensorflow-cpu', 'manylinux_2_27_x86_64'],
  ['native', { glibc: '3.0' }, 'tensorflow-cpu', 'manylinux_2_27_x86_64'],
  ['native', { arch: 'arm64', features: ['asimd'] }, 'tensorflow', 'manylinux_2_27_aarch64'],
  ['cuda', {}, 'tensorflow', 'manylinux_2_27_x86_64'],
])('%s on %o: the wheel that is for it', (engine, machine, name, platform) => {
  const { wheel } = checkMachine(engine, { ...linux, ...machine });
  expect(wheel).toMatchObject({ name, platform });
  expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
});
