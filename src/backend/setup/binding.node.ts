// The compiler's part: TensorFlow.js's binding, as published, against TensorFlow's C library, and beside it operations
// of our own (src/backend/kernels/native/cpp). The result is an N-API module, so every Node from 20 on loads the same file.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClipError } from '../../errors.ts';
import type { Recipe } from './recipe.ts';
import { ProgramFailed, run } from './run.node.ts';

export const BINDING = 'tfjs_binding.node';

export interface BindingParts {
  packages: string;
  libraries: string;
  /** Libraries to load with the binding, as files: NVIDIA's. */
  cuda: readonly string[];
  compiler: string;
  /** Where all that the compiler says is kept, if it fails. */
  log: string;
  env: NodeJS.ProcessEnv;
}

const OWN = fileURLToPath(new URL('../kernels/native/cpp', import.meta.url));
/** What no binding does without, and the calls that go through it. */
const SIGNALS = join(OWN, 'signals.cc');
const WRAPPED = ['TFE_NewContext', 'TFE_Execute'];

/** The sources of our own operations: their vectors are those of x64. */
function ownSources(): string[] {
  if (process.arch !== 'x64') return [];
  return readdirSync(OWN)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(OWN, name))
    .filter((path) => path !== SIGNALS);
}

/** Tells one state of our own sources from another: a binding made of others is made again. */
export function ownVersion(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(OWN).sort()) hash.update(readFileSync(join(OWN, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Compiles the binding into `folder`, which stands beside the one with the libraries. */
export async function compileBinding(
  { packages: { node, headers }, wheel, entries }: Recipe,
  folder: string,
  scratch: string,
  { packages, libraries, cuda, compiler, log, env }: BindingParts,
): Promise<void> {
  const source = join(packages, node.name);
  const quiet = join(scratch, 'quiet.cc');
  await writeFile(quiet, QUIET);
  const include = [join(packages, headers.name, 'include'), source, join(libraries, 'include')];
  // Multiplications and additions are to become one instruction, which C++ leaves to this option.
  const options = [
    '-O3',
    '-ffp-contract=fast',
    '-fPIC',
    '-shared',
    '-pthread',
    '-std=c++17',
    '-DNAPI_VERSION=8',
  ];
  const compile = (own: readonly string[]) =>
    run(
      compiler,
      [
        ...[...options, ...include.map((path) => `-I${path}`)],
        ...[
          join(source, 'binding/tfjs_backend.cc'),
          join(source, 'binding/tfjs_binding.cc'),
          quiet,
          SIGNALS,
          ...own,
        ],
        ...WRAPPED.map((name) => `-Wl,--wrap=${name}`),
        ...wheel.libraries.map((name) => join(libraries, name)),
        // Found from where the binding lies, with no environment variable; by its full name where that is through a link.
        `-Wl,-rpath,$ORIGIN/../libraries:${libraries}`,
        // TensorFlow opens CUDA's libraries by name when it looks for a GPU, and its own search path lacks some. What is
        // loaded already is found by name wherever it lies, and a file that is missing is named by the system's loader.
        ...(cuda.length > 0 ? ['-Wl,--no-as-needed', ...cuda] : []),
        ...[...new Set(cuda.map((file) => dirname(file)))].map((path) => `-Wl,-rpath,${path}`),
        ...['-o', join(folder, BINDING)],
      ],
      {
        env,
        log,
        what: 'the binding could not be compiled',
        hint: `a compiler for C++17 is needed: g++ 9 or newer; all that it said: ${log}`,
      },
    );
  await compile(ownSources()).catch((error) => {
    if (!(error instanceof ProgramFailed)) throw error;
    return compile([]); // an older compiler: TensorFlow's operations do the work, slower
  });
  await rm(log, { force: true }); // of an attempt before
  await checkSymbols(join(folder, BINDING), entries, env);
}

/** Loads it with every symbol resolved at once, which Node does not do, in another process, and looks for its entries. */
async function checkSymbols(file: string, entries: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const what = 'the binding is compiled, but does not load';
  const program = `
    const module = { exports: {} };
    process.dlopen(module, ${JSON.stringify(file)}, ${constants.dlopen.RTLD_NOW});
    process.stdout.write(Object.getOwnPropertyNames(module.exports).join());`;
  const answer = await run(process.execPath, ['-e', program], {
    env: { ...env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2' },
    what,
    hint: 'is another compiler or libstdc++ in the way? CXX may name one',
  });
  const missing = entries.filter((name) => !answer.split(',').includes(name));
  if (missing.length === 0) return;
  throw new ClipError(what, {
    expected: `the entries ${entries.join(', ')}`,
    got: `no ${missing.join(', ')}`,
  });
}

/**
 * While it is being loaded, before it looks at TF_CPP_MIN_LOG_LEVEL, TensorFlow says on stderr that oneDNN is on.
 * This stands before its function that says so, and asks it with the log turned down.
 */
const QUIET = `
#include <dlfcn.h>
#include "absl/log/globals.h"

namespace tensorflow {

bool IsMklEnabled() {
  static const bool enabled = [] {
    const absl::LogSeverityAtLeast level = absl::MinLogLevel();
    absl::SetMinLogLevel(absl::LogSeverityAtLeast::kWarning);
    const auto theirs = reinterpret_cast<bool (*)()>(dlsym(RTLD_NEXT, "_ZN10tensorflow12IsMklEnabledEv"));
    const bool answer = theirs != nullptr && theirs();
    absl::SetMinLogLevel(level);
    return answer;
  }();
  return enabled;
}

}  // namespace tensorflow
`;
