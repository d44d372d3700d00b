#!/usr/bin/env bash
# CLIP from scratch on CIFAR-100's test split, here and in PyTorch, and both in one figure (docs/cifar.md).
#
#   npm run train:cifar -- --data PATH      CIFAR-100 as it is downloaded, or its folder (default: ~/.cache)
#   npm run train:cifar -- --resume         goes on from the last checkpoints
#   npm run train:cifar -- --until 100      a trial: stops both there
#
# Needs Python 3.11 for PyTorch's side; sets up .venv where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup-python.sh
work=weights/cifar-training
ours=(--work "$work") theirs=()
while [ $# -gt 0 ]; do
  case $1 in
    --data | --backend) ours+=("$1" "${2:?a value for $1}") && shift ;;
    --until) ours+=("$1" "${2:?a step}") && theirs+=("$1" "$2") && shift ;;
    --resume)
      [ -e "$work/checkpoint.safetensors" ] && ours+=("$1")
      [ -e "$work/checkpoint-pytorch.pt" ] && theirs+=("$1")
      ;;
    *) echo "train:cifar: expected --data PATH, --backend NAME, --until STEP or --resume, got $1" >&2 && exit 2 ;;
  esac
  shift
done
npx tsx scripts/train-cifar.ts "${ours[@]}"
.venv/bin/python scripts/train_cifar.py "$work" "${theirs[@]}"
npx tsx scripts/cifar/figure.ts "$work" docs/figures/cifar.png
