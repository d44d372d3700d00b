// pip's part: TensorFlow's C library and its headers, and NVIDIA's libraries, out of the wheels that Python would install.
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import type { TensorFlowWheel } from './recipe.ts';
import type { CudaWheel } from './recipe-cuda.ts';
import { ProgramFailed, run } from './run.node.ts';
import type { Wheel } from './wheel.ts';

export interface LibraryTools {
  python: string;
  env: NodeJS.ProcessEnv;
  /** Bytes that have arrived, of all; a few times a second. */
  onBytes?: (done: number, total: number) => void;
}

/** Fills `folder` with the wheel's libraries and, under include/, its headers. */
export function fetchTensorFlow(
  wheel: TensorFlowWheel,
  folder: string,
  scratch: string,
  tools: LibraryTools,
): Promise<void> {
  const names = wheel.libraries.map((name) => [`tensorflow/${name}`, name] as const);
  const folders = wheel.headers.map((name) => [`tensorflow/include/${name}/`, `include/${name}/`] as const);
  return unpackWheel(wheel, [...names, ...folders], folder, scratch, tools);
}

/** Fills `folder` with what TensorFlow needs of one of NVIDIA's wheels, where TensorFlow's own search path has it. */
export function fetchCuda(
  wheel: CudaWheel,
  folder: string,
  scratch: string,
  tools: LibraryTools,
): Promise<void> {
  const wanted = [...wheel.libraries.map((name) => `lib/${name}`), ...wheel.beside];
  const members = wanted.map((name) => [`nvidia/${wheel.folder}/${name}`, name] as const);
  return unpackWheel(wheel, members, folder, scratch, tools);
}

/** Puts members of a wheel, or all under a name that ends in /, into `folder` under another name. */
async function unpackWheel(
  wheel: Wheel,
  members: readonly (readonly [from: string, to: string])[],
  folder: string,
  scratch: string,
  tools: LibraryTools,
): Promise<void> {
  const file = await fetchWheel(wheel, scratch, tools);
  await run(tools.python, ['-c', UNPACK, file, folder, JSON.stringify(members)], {
    env: tools.env,
    what: `${wheel.name} ${wheel.version} could not be unpacked`,
    hint: 'is there room on the disk?',
  });
}

/** The wheel, complete: one that is damaged is fetched once more, past pip's own cache. */
async function fetchWheel(wheel: Wheel, scratch: string, tools: LibraryTools): Promise<string> {
  const attempts = [[], ['--no-cache-dir']];
  let got = '';
  for (const more of attempts) {
    const folder = join(scratch, `wheel${more.length}`);
    await mkdir(folder);
    try {
      await download(wheel, folder, more, tools);
    } catch (error) {
      // pip itself refuses what is cut or has another hash than the index says; other failures will only repeat.
      if (!(error instanceof ProgramFailed && /hash|IncompleteRead|invalid/i.test(error.message)))
        throw error;
      got = error.message;
      continue;
    }
    const [name] = (await readdir(folder)).filter((entry) => entry.endsWith('.whl'));
    if (!name) throw new ClipError(`pip ended well and left no wheel of ${wheel.name}`);
    const sha256 = await hashOf(join(folder, name));
    if (sha256 === wheel.sha256) return join(folder, name);
    got = `${sha256}, ${(await stat(join(folder, name))).size} bytes`;
    await rm(folder, { recursive: true });
  }
  throw new ClipError(`${wheel.name} ${wheel.version} arrives damaged`, {
    expected: `sha256 ${wheel.sha256}, ${wheel.bytes} bytes`,
    got,
    hint: 'is another Python package index configured? pip config list',
  });
}

async function download(
  wheel: Wheel,
  folder: string,
  more: readonly string[],
  { python, env, onBytes }: LibraryTools,
): Promise<void> {
  // With a hash pip itself compares what its index promises and what arrives, and of several files takes the right one.
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const one = ['--no-deps', '--only-binary=:all:', '--dest', folder, '--require-hashes', '-r', requirements];
  const which = ['--python-version', wheel.python, '--implementation', 'cp', '--platform', wheel.platform];
  const temporary = join(folder, 'pip'); // on the disk whose room was looked at
  await mkdir(temporary);
  const timer = setInterval(async () => {
    onBytes?.(Math.min(await largestFile(folder), wheel.bytes), wheel.bytes);
  }, 200);
  try {
    await run(python, ['-m', 'pip', 'download', ...one, ...which, ...more], {
      env: { ...env, ...PIP, TMPDIR: temporary },
      what: `${wheel.name} ${wheel.version} could not be fetched by pip`,
      hint: 'a connection to the Python package index is needed',
    });
  } finally {
    clearInterval(timer);
  }
}

const PIP = {
  PIP_PROGRESS_BAR: 'off',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_RESUME_RETRIES: '5', // from pip 25.1 on, a transfer that breaks goes on from there
};

/** pip is silent where there is no terminal; the growth of its file is the progress. */
async function largestFile(folder: string): Promise<number> {
  const paths = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = paths.map((path) =>
    stat(join(folder, path)).then((found) => (found.isFile() ? found.size : 0)),
  );
  return Math.max(0, ...(await Promise.all(sizes.map((size) => size.catch(() => 0)))));
}

/** Takes the members whose names begin with `source` to `target` + the rest; zipfile checks each one's CRC. */
const UNPACK = `
import json, os, shutil, sys, zipfile
wheel, folder, wanted = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with zipfile.ZipFile(wheel) as archive:
    for source, target in wanted:
        members = [m for m in archive.namelist() if m == source or source.endswith('/') and m.startswith(source)]
        if not members:
            sys.exit('error: the wheel holds no ' + source)
        for member in (m for m in members if not m.endswith('/')):
            path = os.path.join(folder, target + member[len(source):])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as reader, open(path, 'wb') as writer:
                shutil.copyfileobj(reader, writer, 1 << 20)
            if archive.getinfo(member).external_attr >> 16 & 0o100:
                os.chmod(path, 0o755)
`;
