// What can be known before anything is fetched: the platform, the programs.
import { ClipError } from '../../errors.ts';
import { processorFeatures } from '../processor.node.ts';
import { type Recipe, recipeFor, type SetUpEngine } from './recipe.ts';
import { run } from './run.node.ts';

export interface Machine {
  platform: string;
  arch: string;
  /** The version of the GNU C library; undefined where there is another one. */
  glibc: string | undefined;
  /** What the processor can do, by Linux's words; undefined where that is not told. */
  features: readonly string[] | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime,
    features: processorFeatures(),
  };
}

const GLIBC: readonly [number, number] = [2, 27]; // of the wheel's name

/** The recipe for this machine. Throws ClipError where TensorFlow's libraries do not run. */
export function checkMachine(engine: SetUpEngine, { platform, arch, glibc, features }: Machine): Recipe {
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  const isNewEnough = major > GLIBC[0] || (major === GLIBC[0] && minor >= GLIBC[1]);
  const recipe = platform === 'linux' && isNewEnough ? recipeFor(engine, arch) : undefined;
  const what = `the engine ${engine} cannot be set up on this machine`;
  if (!recipe) {
    const library = platform === 'linux' ? `, ${glibc ? `glibc ${glibc}` : 'another C library'}` : '';
    const kinds = engine === 'cuda' ? 'x64' : 'x64 or arm64';
    throw new ClipError(what, {
      expected: `Linux on ${kinds} with glibc ${GLIBC.join('.')} or newer`,
      got: `${platform} on ${arch}${library}`,
      hint:
        platform === 'win32'
          ? 'in WSL2 it can; webgpu and wasm run without it'
          : 'webgpu and wasm run without it',
    });
  }
  if (arch === 'x64' && features && !features.includes('avx')) {
    throw new ClipError(what, {
      expected: 'a processor with AVX, which TensorFlow’s build needs',
      got: 'one without',
    });
  }
  return recipe;
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
