// pip's part: TensorFlow's C library and its headers, out of the wheel that Python would install.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import type { Recipe, Wheel } from './recipe.ts';
import { ProgramFailed, run } from './run.node.ts';

export interface LibraryTools {
  python: string;
  env: NodeJS.ProcessEnv;
  /** Bytes that have arrived, of all; a few times a second. */
  onBytes?: (done: number, total: number) => void;
}

/** Fills `folder` with the wheel's libraries and, under include/, its headers. */
export async function fetchLibraries(
  { wheel }: Recipe,
  folder: string,
  scratch: string,
  tools: LibraryTools,
): Promise<void> {
  const file = await fetchWheel(wheel, scratch, tools);
  const names = wheel.libraries.map((name) => [`tensorflow/${name}`, name]);
  const folders = wheel.headers.map((name) => [`tensorflow/include/${name}/`, `include/${name}/`]);
  await run(tools.python, ['-c', UNPACK, file, folder, JSON.stringify([...names, ...folders])], {
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
  const requirement = `${wheel.name}==${wheel.version}`;
  const one = ['--no-deps', '--only-binary=:all:', '--dest', folder];
  const which = ['--python-version', wheel.python, '--implementation', 'cp', '--platform', wheel.platform];
  const temporary = join(folder, 'pip'); // on the disk whose room was looked at
  await mkdir(temporary);
  const timer = setInterval(async () => {
    onBytes?.(Math.min(await largestFile(folder), wheel.bytes), wheel.bytes);
  }, 200);
  try {
    await run(python, ['-m', 'pip', 'download', requirement, ...one, ...which, ...more], {
      env: { ...env, TMPDIR: temporary, PIP_PROGRESS_BAR: 'off', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      what: `${wheel.name} ${wheel.version} could not be fetched by pip`,
      hint: 'a connection to the Python package index is needed',
    });
  } finally {
    clearInterval(timer);
  }
}

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
`;
