#!/usr/bin/env bash
# What a GPU makes of this program: parity on the engines cuda (strict, and with TF32) and webgpu; then pictures a second at
# batch 256 beside PyTorch's eager mode on the same GPU, with the same random weights and every answer compared.
#
#   bash scripts/check-gpu.sh
#   ENGINES=native BATCH=4 MODELS=ViT-B/32 bash scripts/check-gpu.sh   tries the script where there is no GPU
#
# Needs the engines (clip-tfjs setup cuda; docs/engines.md for webgpu) and, for PyTorch's rows, a Python whose torch sees the
# GPU: PYTHON names it, where that of .venv does not. The last lines are the table to send in.
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra engines <<< "${ENGINES:-cuda webgpu}"
read -ra models <<< "${MODELS:-ViT-B/32 ViT-L/14}"
batch=${BATCH:-256}
bash scripts/setup-python.sh
python=${PYTHON:-.venv/bin/python}
[ -e dist/cli/main.js ] || npm run build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# TensorFlow multiplies with TF32 on an NVIDIA GPU of 2020 or later; this is how that is switched off.
strict=NVIDIA_TF32_OVERRIDE=0

# held LABEL ENGINE FILE [SETTING]: how a recording's rows came out. With TF32 rows over their bars are to be expected.
held() {
  local label=$1 engine=$2 file=$3
  shift 3
  env "$@" node dist/cli/main.js parity --reference "$file" --backend "$engine" --json \
    > "$folder/report.json" 2> "$folder/notes" || [ -s "$folder/report.json" ] || { tail -n 1 "$folder/notes"; return 0; }
  node scripts/parity-line.mjs "$folder/report.json" "$label, $(basename "$file" .safetensors)"
}

echo "== parity"
"$python" scripts/reference.py ViT-B/32 "$folder/ViT-B-32.safetensors" --pairs 2 --parts param,tap > /dev/null
for file in test/fixtures/parity/{vit,vit-gelu,rn,vit-lora,rn-lora}.safetensors "$folder/ViT-B-32.safetensors"; do
  for engine in "${engines[@]}"; do
    held "$engine" "$engine" "$file" "$strict"
    [ "$engine" != cuda ] || held "cuda with TF32" cuda "$file"
  done
done

echo "== pictures a second"
for model in "${models[@]}"; do
  weights="$folder/weights.safetensors"
  .venv/bin/python scripts/make_openai_archive.py "$model" "$weights" --format safetensors --dtype fp32 > /dev/null
  rm -f "$folder"/*.rate.json
  for engine in "${engines[@]}"; do
    env "$strict" npx tsx scripts/gpu-rate.ts "$weights" "$engine" "$batch" "$folder/1-$engine.rate.json" || true
    [ "$engine" != cuda ] || npx tsx scripts/gpu-rate.ts "$weights" cuda "$batch" "$folder/2-cuda with TF32.rate.json" || true
  done
  "$python" scripts/gpu_rate.py "$model" "$weights" "$batch" "$folder"
done
