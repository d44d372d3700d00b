// A machine on which `setup native` can be tried in a second: npm, pip and the compiler are small programs that keep
// a list of their calls and misbehave when told; tar and Python, which unpack, are the real ones.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Places, places } from '../../src/backend/setup/places.node.ts';
import type { NpmPackage, Recipe, SetUpEngine } from '../../src/backend/setup/recipe.ts';
import type { CudaWheel } from '../../src/backend/setup/recipe-cuda.ts';
import type { Wheel } from '../../src/backend/setup/wheel.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');

export interface Machine {
  recipe: Recipe;
  where: Places;
  env: NodeJS.ProcessEnv;
  /** Tells a program how to behave, once for each of its next main calls; then it behaves well. */
  tell(program: string, ...behaviours: string[]): void;
  /** Takes a program away. */
  lose(program: string): void;
  /** What was called, without looks at versions. */
  calls(): string[];
  /** Every file and folder of the cache and beside the core, so that nothing half-made goes unseen. */
  left(): string[];
}

/** What a program prints; undefined where it fails or is not there. */
function answer(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

const which = (program: string) => answer('/bin/sh', '-c', `command -v ${program}`);
const realPython = answer('python3', '-c', 'import sys; print(sys.executable)'); // what stands behind a shim
const realTar = which('tar');
/** A module for Node that loads: the binding is one with its version behind it. */
const realModule = join(MODULES, '@resvg/resvg-js-linux-x64-gnu/resvgjs.linux-x64-gnu.node');
/** Why these tests cannot run here, if they cannot. */
export const lacking: string | undefined =
  process.platform === 'linux' && process.arch === 'x64' && realPython && realTar && existsSync(realModule)
    ? undefined
    : 'Linux on x64 with glibc, python3 and tar is needed';

/** A machine in a new temporary folder, with everything that setup needs for an engine. */
export function makeMachine(engine: SetUpEngine = 'native'): Machine {
  const home = mkdtempSync(join(tmpdir(), 'clip-tfjs-setup-'));
  const programs = join(home, 'programs');
  const root = join(home, 'project');
  const put = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  for (const name of ['tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu']) {
    mkdirSync(join(root, 'node_modules/@tensorflow'), { recursive: true });
    symlinkSync(join(MODULES, '@tensorflow', name), join(root, 'node_modules/@tensorflow', name));
  }
  put(join(root, 'package.json'), '{"name":"clip-tfjs"}');

  const archive = (name: string, files: Record<string, string>): NpmPackage => {
    const folder = join(home, 'published', name);
    for (const [path, content] of Object.entries(files)) put(join(folder, 'package', path), content);
    const file = join(home, 'published', `${name.replace('@', '').replace('/', '-')}.tgz`);
    execFileSync('tar', ['-czf', file, '-C', folder, 'package']);
    const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    return { name, version: '1.0.0', integrity };
  };
  const node = archive('@tensorflow/tfjs-node', {
    'package.json': '{"name":"@tensorflow/tfjs-node","version":"1.0.0","main":"dist/index.js"}',
    'dist/index.js': ENGINE,
    'dist/some_test.js': 'not needed',
    'binding/tfjs_backend.cc': '',
    'binding/tfjs_binding.cc': '',
  });
  const headers = archive('node-api-headers', { 'include/node_api.h': '' });
  const beside = [archive('beside', { 'package.json': '{"name":"beside"}', 'index.js': '' })];

  /** A wheel of the index: its file, with what a recipe must know of it. */
  const wheel = (name: string, files: Record<string, string>): Wheel => {
    const content = join(home, 'wheels', name);
    for (const [path, text] of Object.entries(files)) put(join(content, path), text);
    const file = join(home, 'published', `${name}.whl`);
    execFileSync('python3', ['-m', 'zipfile', '-c', file, ...readdirSync(content)], { cwd: content });
    const bytes = readFileSync(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      ...{ name, version: '9.9.9', python: '3.12', platform: 'any', kept: 200_000 },
      ...{ bytes: bytes.length, sha256 },
    };
  };
  const tensorflow = wheel('tensorflow-cpu', {
    'tensorflow/libone.so.2': 'library '.repeat(20_000),
    'tensorflow/include/absl/log/globals.h': '',
    'tensorflow/include/Eigen/Core': 'not needed',
  });
  const nvidia = (folder: string, set: CudaWheel['set'], library: string): CudaWheel => ({
    ...wheel(`nvidia-${folder}`, {
      [`nvidia/${folder}/lib/${library}`]: folder,
      [`nvidia/${folder}/lib/libother.so`]: 'not needed',
      [`nvidia/${folder}/bin/tool`]: 'tool',
    }),
    ...{ folder, set, libraries: [library], beside: ['bin/'] },
  });

  mkdirSync(programs);
  for (const [name, program] of Object.entries({ npm: NPM, python3: PYTHON, 'g++': COMPILER })) {
    writeFileSync(join(programs, name), `#!${process.execPath}\n${COMMON}${program}`);
    chmodSync(join(programs, name), 0o755);
  }
  symlinkSync(realTar!, join(programs, 'tar'));
  const gzip = which('gzip');
  if (gzip) symlinkSync(gzip, join(programs, 'gzip'));

  const where = places(engine, root, { XDG_CACHE_HOME: join(home, 'cache') });
  const log = join(home, 'calls');
  return {
    where,
    env: { PATH: programs, HOME: home, MACHINE: home, REAL_PYTHON: realPython, MODULE: realModule },
    recipe: {
      engine,
      id: 'small',
      tensorflow: '9.9.9',
      tfjs: '4.22.0',
      entries: ['Resvg'],
      packages: { node, headers, beside },
      wheel: { ...tensorflow, libraries: ['libone.so.2'], headers: ['absl'] },
      cuda:
        engine === 'native'
          ? []
          : [nvidia('cuda_runtime', 'CUDA', 'libcudart.so.12'), nvidia('cudnn', 'cuDNN', 'libcudnn.so.9')],
    },
    tell: (program, ...behaviours) =>
      appendFileSync(join(home, `tell-${program}`), `${behaviours.join('\n')}\n`),
    lose: (program) => rmSync(join(programs, program)),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
    left: () =>
      [join(where.cache, 'small'), dirname(where.installed)]
        .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
        .filter((name) => !['tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu'].includes(name))
        .sort(),
  };
}

const COMMON = `
const fs = require('node:fs');
const { join, basename } = require('node:path');
const home = process.env.MACHINE;
const args = process.argv.slice(2);
const after = (flag) => args[args.indexOf(flag) + 1];
function behaviour(call) {
  const program = basename(process.argv[1]);
  fs.appendFileSync(join(home, 'calls'), program + ' ' + call + '\\n');
  const file = join(home, 'tell-' + program);
  const [first = 'well', ...rest] = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trimEnd().split('\\n') : [];
  if (rest.length) fs.writeFileSync(file, rest.join('\\n') + '\\n'); else fs.rmSync(file, { force: true });
  return first;
}
function fail(...lines) { process.stderr.write(lines.join('\\n') + '\\n'); process.exit(1); }
`;

const NPM = `
if (args[0] === '--version') { console.log('10.0.0'); process.exit(0); }
const name = args[1].slice(0, args[1].lastIndexOf('@'));
const how = behaviour('pack ' + name);
if (how === 'offline') fail('npm error code ENOTFOUND', 'npm error network request to https://registry failed, reason: getaddrinfo ENOTFOUND', 'npm error A complete log of this run can be found in: /x-debug-0.log');
const filename = name.replace('@', '').replace('/', '-') + '.tgz';
fs.copyFileSync(join(home, 'published', filename), filename);
if (how === 'altered') fs.appendFileSync(filename, 'x');
console.log(JSON.stringify([{ filename }]));
`;

const PYTHON = `
if (args[0] === '-c') {
  const { status } = require('node:child_process').spawnSync(process.env.REAL_PYTHON, args, { stdio: 'inherit' });
  process.exit(status);
}
if (args[2] === '--version') {
  if (fs.existsSync(join(home, 'no-pip'))) fail('/usr/bin/python3: No module named pip');
  console.log('pip 23.0 from /usr/lib (python 3.11)'); process.exit(0);
}
const [requirement, hash] = fs.readFileSync(after('-r'), 'utf8').trim().split(' ');
const [name] = requirement.split('==');
const how = behaviour('pip download ' + name + (args.includes('--no-cache-dir') ? ' past the cache' : ''));
if (!args.includes('--require-hashes') || !/^--hash=sha256:[0-9a-f]{64}$/.test(hash)) fail('ERROR: a hash is needed');
if (how === 'offline') fail('WARNING: Retrying (Retry(total=4))', 'ERROR: No matching distribution found for ' + requirement);
if (how === 'full') fail('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device');
if (how === 'refused') fail('ERROR: THESE PACKAGES DO NOT MATCH THE HASHES', 'Expected sha256 aa', 'Got bb');
const whole = fs.readFileSync(join(home, 'published', name + '.whl'));
const target = join(after('--dest'), name + '.whl');
fs.writeFileSync(target, how === 'truncated' ? whole.subarray(0, whole.length >> 1) : whole);
if (how === 'a little slow') setTimeout(() => {}, 700);
if (how === 'slow') { fs.writeFileSync(join(home, 'slow'), ''); setInterval(() => fs.existsSync(home) || process.exit(), 100); }
`;

const COMPILER = `
if (args[0] === '--version') { console.log('g++ 12'); process.exit(0); }
const how = behaviour('compile');
if (how === 'broken') fail('x.cc: In function f:', "x.cc:1:1: error: 'absl' has not been declared", 'x.cc:9:9: error: more');
for (const file of args.filter((arg) => /^\\/.*(\\.cc|\\.so\\.\\d+)$/.test(arg))) fs.accessSync(file);
fs.appendFileSync(join(home, 'linked'), args.filter((arg) => /libcud/.test(arg)).join('\\n'));
const real = fs.readFileSync(process.env.MODULE);
const bytes = { 'another kind': real.map((byte, i) => (i === 18 ? 183 : byte)), cut: real.subarray(0, 1 << 16) }[how] ?? real;
fs.writeFileSync(after('-o'), bytes);
fs.appendFileSync(after('-o'), how === 'old' ? '1.0.0' : '9.9.9');
`;

// TensorFlow.js's plain engine under the name of the native one; its binding's text is its version.
const ENGINE = `
const fs = require('node:fs');
const tf = require('@tensorflow/tfjs');
require('beside');
require('@tensorflow/tfjs-backend-cpu');
const TF_Version = fs.readFileSync(require('@mapbox/node-pre-gyp').find(require.resolve('../package.json')), 'latin1').slice(-5);
const plain = tf.findBackendFactory('cpu');
tf.copyRegisteredKernels('cpu', 'tensorflow');
tf.registerBackend('tensorflow', () => Object.assign(plain(), { binding: { TF_Version }, isUsingGpuDevice: process.env.STAND_IN_GPU === 'yes' }), 3);
tf.setBackend('tensorflow');
`;
