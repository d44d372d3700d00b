#!/usr/bin/env bash
# Parity at true size: records OpenAI's architectures with random weights in PyTorch, and holds this program to each.
#
#   npm run parity:full                     ViT-B/32 and RN50: forward and gradients on native and wasm, ten steps on native;
#                                           ten more of ViT-B/32 with its image tower frozen, and with LoRA
#   npm run parity:full -- ViT-L/14 RN101   others, on native: forward and gradients
#   GRADIENTS=no npm run parity:full -- RN50x64   the forward pass alone, where memory is short
#
# Needs Python 3.11, a C++ compiler and some gigabytes in TMPDIR; sets up .venv and the engine native where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup-python.sh
[ -e dist/cli/main.js ] || npm run build
node dist/cli/main.js setup native
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# held BACKEND PARTS FILE: the verdict, where it failed also the rows, and how long it took.
held() {
  local report="$folder/report" start=$SECONDS
  if node dist/cli/main.js parity --reference "$3" --backend "$1" --parts "$2" > "$report" 2>&1; then
    echo "  $1, $2: $(grep '^pass' "$report"), $((SECONDS - start)) s"
  else
    failed=1
    grep -E '^(>>| ×|      \[)|^fail|^clip-tfjs' "$report" | head -n 30
    echo "  $1, $2: FAILED, $((SECONDS - start)) s"
  fi
}

# record NAME PARTS [OPTIONS]: → $reference. Three pairs for the larger ResNets: with two of noise, the gradient of
# logit_scale may cancel by chance; RN50 keeps two, for the engine wasm has 4 GB.
record() {
  local name=$1 parts=$2 start=$SECONDS pairs=2
  shift 2
  case $name in RN101 | RN50x*) pairs=3 ;; esac
  [ "${GRADIENTS:-yes}" = yes ] || pairs=1
  reference="$folder/recording.safetensors"
  .venv/bin/python scripts/reference.py "$name" "$reference" --pairs "$pairs" --parts "$parts" "$@" |
    sed "s|.*: |$name${*:+ $*}: |"
  echo "  recorded in $((SECONDS - start)) s"
}

# One command a part: what a forward pass leaves behind is gone before the backward pass needs the memory.
if [ $# -eq 0 ]; then
  for name in ViT-B/32 RN50; do
    record "$name" param,tap,grad,train,tokens,pixels
    for parts in tap,tokens,pixels grad train; do held native "$parts" "$reference"; done
    for parts in tap,tokens,pixels grad; do held wasm "$parts" "$reference"; done
  done
  record ViT-B/32 param,train --freeze 'visual.*' --clip-norm 1
  held native train "$reference"
  record ViT-B/32 param,train --lora 2 1 --lr 2e-4
  held native train "$reference"
else
  gradients=(grad)
  [ "${GRADIENTS:-yes}" = yes ] || gradients=()
  for name in "$@"; do
    record "$name" "param,tap,tokens,pixels${gradients[*]:+,grad}"
    for parts in tap,tokens,pixels "${gradients[@]}"; do held native "$parts" "$reference"; done
  done
fi
[ "$failed" -eq 0 ] && echo "passed in $SECONDS s" || { echo "failed"; exit 1; }
