// What can be known before anything is fetched: the platform, the programs.
import { ClipError } from '../../errors.ts';
import { run } from './run.node.ts';

export interface Machine {
  platform: string;
  arch: string;
  /** The version of the GNU C library; undefined where there is another one. */
  glibc: string | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime };
}

const GLIBC: readonly [number, number] = [2, 27]; // of the wheel's name

/** Throws ClipError unless TensorFlow's libraries for Linux on x64 run here. */
export function checkMachine({ platform, arch, glibc }: Machine): void {
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  const isNewEnough = major > GLIBC[0] || (major === GLIBC[0] && minor >= GLIBC[1]);
  if (platform === 'linux' && arch === 'x64' && isNewEnough) return;
  const library = platform === 'linux' ? `, ${glibc ? `glibc ${glibc}` : 'another C library'}` : '';
  throw new ClipError('the native engine cannot be set up on this machine', {
    expected: `Linux on x64 with glibc ${GLIBC.join('.')} or newer`,
    got: `${platform} on ${arch}${library}`,
    hint: 'the engine wasm needs no setup',
  });
}

type Environment = NodeJS.ProcessEnv;

/** The first of `programs` that answers as it should, with its answer; else undefined. */
async function firstThat(
  programs: readonly string[],
  args: readonly string[],
  answers: RegExp,
  env: Environment,
): Promise<string | undefined> {
  for (const program of programs) {
    const answer = await run(program, args, { env, what: '', hint: '' }).catch(() => '');
    if (answers.test(answer)) return program;
  }
  return undefined;
}

/** A Python 3 that has pip. */
export async function findPython(env: Environment): Promise<string> {
  const python = await firstThat(['python3', 'python'], ['-m', 'pip', '--version'], /python 3\./, env);
  if (python) return python;
  throw new ClipError('TensorFlow’s libraries come from pip, which is not here', {
    expected: 'python3 -m pip',
    hint: 'install Python 3 with pip: apt install python3-pip, or dnf install python3-pip',
  });
}

/** A C++ compiler: the one named by CXX, as make has it, or g++ or clang++. */
export async function findCompiler(env: Environment): Promise<string> {
  const programs = env.CXX ? [env.CXX] : ['g++', 'clang++', 'c++'];
  const compiler = await firstThat(programs, ['--version'], /./, env);
  if (compiler) return compiler;
  throw new ClipError('the binding is compiled here, and there is no C++ compiler', {
    expected: programs.join(', '),
    hint: 'apt install g++, or dnf install gcc-c++',
  });
}

/** npm, which fetches the binding's source, and tar, which unpacks it. */
export async function checkUnpackers(env: Environment): Promise<void> {
  for (const program of ['npm', 'tar']) {
    if (await firstThat([program], ['--version'], /\d/, env)) continue;
    throw new ClipError(`the binding's source comes through ${program}, which is not here`, {
      hint: program === 'npm' ? 'npm comes with Node' : `apt install ${program}`,
    });
  }
}
