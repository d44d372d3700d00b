#!/usr/bin/env bash
# The Python environment that references are recorded with: .venv, versions pinned. Needs Python 3.11 or later.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv
.venv/bin/pip install --quiet -r scripts/requirements.txt
.venv/bin/pip install --quiet --no-deps -r scripts/requirements-alone.txt
