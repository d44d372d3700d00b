#!/usr/bin/env bash
# The Python environment that references are recorded with: .venv, versions pinned. Needs Python 3.11 or later. Does nothing
# where it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=$(cat scripts/requirements.txt scripts/requirements-alone.txt)
[ -x .venv/bin/python ] && [ "$(cat .venv/installed.txt 2> /dev/null)" = "$wanted" ] && exit 0
python3 -m venv .venv
.venv/bin/pip install --quiet -r scripts/requirements.txt
.venv/bin/pip install --quiet --no-deps -r scripts/requirements-alone.txt
echo "$wanted" > .venv/installed.txt
