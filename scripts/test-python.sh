#!/usr/bin/env bash
# Beside Python, on inputs that no fixture holds: token ids, pictures, and the main job on archives of true size.
# SEED=… compares others. Makes .venv first where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || bash scripts/setup-python.sh
seed=${SEED:-2026}
echo "seed $seed"
.venv/bin/python scripts/compare_tokens.py --count 20000 --seed "$seed"
.venv/bin/python scripts/compare_pictures.py --generated 400 --files 200 --damaged 0 --seed "$seed"
cifar=../shared/data/cifar-100-python.tar.gz
if [ -e "$cifar" ]; then
  .venv/bin/python scripts/check_classify.py --data "$cifar" --backend wasm
else
  echo "skipped: classifying CIFAR-100, which is not in ../shared/data"
fi
