#!/usr/bin/env bash
# Parity, threads and kernels on other versions of Node, which come from npm into the user's cache:
#     scripts/test-nodes.sh [VERSION…]        default: 20 22 24 26
#     ENGINES='native,wasm (2 threads)' scripts/test-nodes.sh 24        some of the engines that parity has here
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/clip-tfjs/nodes

# The binary of a version: the package `node` links that of its platform's package, where its install script may run.
binary() {
  local found
  for found in "$cache/$1"/node_modules/node/bin/node "$cache/$1"/node_modules/node-*/bin/node; do
    if [ -x "$found" ]; then echo "$found"; return; fi
  done
  return 1
}

[ $# -gt 0 ] || set -- 20 22 24 26
failed=()
for version in "$@"; do
  binary "$version" >/dev/null || npm install --silent --no-audit --no-fund --prefix "$cache/$version" "node@$version"
  node=$(binary "$version") || { echo "Node $version could not be installed in $cache/$version" >&2; exit 1; }
  echo "Node $("$node" --version)"
  "$node" node_modules/vitest/vitest.mjs run --project unit \
    test/parity/parity.test.ts test/backend/threads test/backend/kernels || failed+=("$version")
done
if [ ${#failed[@]} -gt 0 ]; then echo "failed on Node ${failed[*]}" >&2; exit 1; fi
echo "passed on Node $*"
