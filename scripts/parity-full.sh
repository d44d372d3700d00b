#!/usr/bin/env bash
# Parity at true size: records OpenAI's architectures with random weights in PyTorch, and holds this program to each.
#
#   npm run parity:full                     ViT-B/32 and RN50: forward and gradients on native and wasm, ten steps on native
#   npm run parity:full -- ViT-L/14 RN101   others, on native: forward and gradients
#
# Needs Python 3.11, a C++ compiler and some gigabytes in TMPDIR; sets up .venv and the engine native where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || bash scripts/setup-python.sh
[ -e dist/cli/main.js ] || npm run build
node dist/cli/main.js setup native
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# held BACKEND PARTS FILE: the verdict, where it failed also the rows; how long it took and the most memory.
held() {
  local report="$folder/report" start=$SECONDS
  if node dist/cli/main.js parity --reference "$3" --backend "$1" --parts "$2" > "$report" 2>&1; then
    echo "  $1, $2: $(tail -n 1 "$report"), $((SECONDS - start)) s"
  else
    failed=1
    grep -E '^(>>| ×|      \[)|^fail|^clip-tfjs' "$report" | head -n 30
    echo "  $1, $2: FAILED, $((SECONDS - start)) s"
  fi
}

# record NAME PARTS: → $reference
record() {
  local start=$SECONDS
  reference="$folder/recording.safetensors"
  .venv/bin/python scripts/reference.py "$1" "$reference" --pairs 2 --parts "$2" | sed "s|.*: |$1: |"
  echo "  recorded in $((SECONDS - start)) s"
}

if [ $# -eq 0 ]; then
  for name in ViT-B/32 RN50; do
    record "$name" param,tap,grad,train,tokens,pixels
    held native tap,grad,train,tokens,pixels "$reference"
    held wasm tap,grad,tokens,pixels "$reference"
  done
else
  for name in "$@"; do
    record "$name" param,tap,grad,tokens,pixels
    held native tap,grad,tokens,pixels "$reference"
  done
fi
[ "$failed" -eq 0 ] && echo "passed in $SECONDS s" || { echo "failed"; exit 1; }
