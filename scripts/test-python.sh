#!/usr/bin/env bash
# Beside Python, on inputs that no fixture holds: token ids, pictures, layers, gradients, converted models, what open_clip's
# trainer makes of one, and the main job at true size.
# SEED=… compares others. Makes .venv first where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup-python.sh
seed=${SEED:-2026}
echo "seed $seed"
.venv/bin/python scripts/compare_tokens.py --count 20000 --seed "$seed"
.venv/bin/python scripts/compare_pictures.py --generated 400 --files 200 --damaged 0 --seed "$seed"
recording=$(mktemp)
trap 'rm -f "$recording"' EXIT
held() { npx tsx src/cli/main.ts parity --reference "$recording" --backend wasm "$@" | tail -n 1; }
.venv/bin/python scripts/reference.py vit "$recording" --seed "$seed"
held
.venv/bin/python scripts/reference.py rn "$recording" --seed "$seed" --parts param,tap # gradients jump where a ReLU is zero
held
.venv/bin/python scripts/reference.py test/fixtures/checkpoints/tiny-vit.pt "$recording" --pairs 2 --parts param,tap,grad,tokens,pixels
held --model test/fixtures/checkpoints/tiny-vit.pt
.venv/bin/python scripts/check_convert.py
.venv/bin/python scripts/check_open_clip_training.py
cifar=../shared/data/cifar-100-python.tar.gz
if [ -e "$cifar" ]; then
  .venv/bin/python scripts/check_classify.py --data "$cifar" --backend wasm
else
  echo "skipped: classifying CIFAR-100, which is not in ../shared/data"
fi
