#!/usr/bin/env bash
# The Python environment that references are recorded with: .venv, versions pinned. Needs Python 3.11 or later.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv
.venv/bin/pip install --quiet torch==2.13.0 numpy==2.4.6 pillow==13.0.0 ftfy==6.3.1 regex==2026.11.15 \
  safetensors==0.8.0 tqdm==4.70.1 wcwidth==0.9.4 packaging "setuptools<81"
# Without their dependencies, or they would replace torch.
.venv/bin/pip install --quiet --no-deps torchvision==0.28.0 clip-anytorch==2.6.0
