// The compiler's part: TensorFlow.js's binding, as published, against TensorFlow's C library. The result is an N-API
// module, so every Node from 20 on loads the same file.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from './recipe.ts';
import { run } from './run.node.ts';

export const BINDING = 'tfjs_binding.node';

export interface BindingParts {
  packages: string;
  libraries: string;
  compiler: string;
  env: NodeJS.ProcessEnv;
}

/** Compiles the binding into `folder`, which stands beside the one with the libraries. */
export async function compileBinding(
  { packages: { node, headers }, wheel }: Recipe,
  folder: string,
  scratch: string,
  { packages, libraries, compiler, env }: BindingParts,
): Promise<void> {
  const source = join(packages, node.name);
  const quiet = join(scratch, 'quiet.cc');
  await writeFile(quiet, QUIET);
  const include = [join(packages, headers.name, 'include'), source, join(libraries, 'include')];
  await run(
    compiler,
    [
      ...['-O2', '-fPIC', '-shared', '-std=c++17', '-DNAPI_VERSION=8', ...include.map((path) => `-I${path}`)],
      ...[join(source, 'binding/tfjs_backend.cc'), join(source, 'binding/tfjs_binding.cc'), quiet],
      ...wheel.libraries.map((name) => join(libraries, name)),
      '-Wl,-rpath,$ORIGIN/../libraries', // found from where the binding lies, with no environment variable
      ...['-o', join(folder, BINDING)],
    ],
    {
      env,
      what: 'the binding could not be compiled',
      hint: 'a compiler for C++17 is needed: g++ 9 or newer',
    },
  );
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
