#!/usr/bin/env bash
# The embedded model's head for questions, its numbers and its figure, anew: some minutes on two idle cores.
#
#   bash scripts/make-vqa.sh [FOLDER]    # heads and tables go there; weights/mini/vqa.safetensors and the figure are replaced
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-/tmp/clip-tfjs-vqa}
mkdir -p "$out"
vqa() { npx tsx src/cli/main.ts vqa "$@"; }

# Both kinds of head, and what they get on the validation scenes: the choice between them is made on those.
vqa train --out "$out/pooled.safetensors" --features pooled --force | tee "$out/pooled.txt"
vqa train --out "$out/patches.safetensors" --features patches --force | tee "$out/patches.txt"
cp "$out/${HEAD_KIND:-patches}.safetensors" weights/mini/vqa.safetensors

# The test scenes: the table of docs/vqa.md.
vqa eval --head "$out/pooled.safetensors" --head "$out/patches.safetensors" | tee "$out/table.txt"
npx tsx scripts/vqa-figure.ts docs/figures/vqa.png
